"""asyncio sockets for associations: requestor, acceptor, names, address policy; no Django."""

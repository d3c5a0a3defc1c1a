"""The editor of presentation contexts, whatever holds them."""

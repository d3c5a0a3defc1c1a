"""How gunicorn serves the pages; read from the working folder by the launcher and the image."""

from pathlib import Path

workers = 2
threads = 4
preload_app = True
timeout = 60
graceful_timeout = 5
loglevel = "warning"
# Pages are polled by processes that may be told to stop: nobody steers gunicorn over a socket.
control_socket_disable = True
# Heartbeats of its workers are file times: in memory they never wait for a slow disk.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108

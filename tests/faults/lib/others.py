"""nginx and HAProxy as plain proxies, with the same limits: what a proxy without a lock does."""

import socket
import subprocess
import time

from . import processes
from .wire import SECONDS

NGINX = """
worker_processes 1; daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{ worker_connections 4096; }}
http {{
  access_log off; client_max_body_size 0; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  map $http_upgrade $upgrade {{ default upgrade; '' ''; }}
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  client_header_timeout {limit}; client_body_timeout {limit}; send_timeout {limit}; keepalive_timeout {limit};
  proxy_connect_timeout {limit};
  upstream provider {{ server 127.0.0.1:{upstream} max_fails=0; keepalive 16; }}
  server {{
    listen 127.0.0.1:{port}{protocol};
    location / {{
      proxy_pass {scheme}://provider; proxy_http_version 1.1; proxy_request_buffering off; proxy_buffering off;
      proxy_set_header host $http_host; proxy_set_header upgrade $http_upgrade; proxy_set_header connection $upgrade;
      proxy_read_timeout 5s; proxy_ssl_verify on; proxy_ssl_name localhost; proxy_ssl_server_name on;
      proxy_ssl_trusted_certificate {roots}; proxy_ssl_session_reuse off;
    }}
  }}
}}
"""

HAPROXY = """
global
  maxconn 4096
defaults
  mode http
  timeout connect {limit}
  timeout client {client}
  timeout http-request {limit}
  timeout http-keep-alive {limit}
  timeout server 5s
  timeout tunnel 30s
  option abortonclose
  retries 3
frontend front
  bind 127.0.0.1:{port}{protocol}
  default_backend provider
backend provider
  server provider 127.0.0.1:{upstream}{tls}
"""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class Other:
    """A process that listens on a port of loopback."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + SECONDS
        while not self._listens():
            if self.process.poll() is not None or time.monotonic() > until:
                self.close()
                raise RuntimeError(f"{command[0]} does not start")
            time.sleep(0.01)

    def _listens(self):
        try:
            socket.create_connection(self.address).close()
        except OSError:
            return False
        return True

    def close(self):
        processes.end(self.process, 9)


class Nginx(Other):
    """It speaks HTTP/1.1 alone to a provider."""

    name = "nginx"

    def __init__(self, stage):
        port, text = free_port(), stage.folder / "nginx.conf"
        self.address = "127.0.0.1", port
        scheme = "https" if stage.tls else "http"
        words = {"port": port, "upstream": stage.port, "scheme": scheme, "folder": stage.folder, "roots": stage.roots}
        protocol = " http2" if stage.fault.client == "http2" else ""
        text.write_text(NGINX.format(**words, protocol=protocol, limit=stage.fault.limit or "30s"))
        super().__init__(["nginx", "-e", stage.folder / "nginx.log", "-c", text])


class Haproxy(Other):
    """It speaks HTTP/2 where the provider offers it."""

    name = "HAProxy"

    def __init__(self, stage):
        port, text = free_port(), stage.folder / "haproxy.cfg"
        self.address = "127.0.0.1", port
        tls = f" ssl verify required ca-file {stage.roots} verifyhost localhost sni str(localhost) alpn h2,http/1.1"
        words = {"port": port, "upstream": stage.port, "tls": tls if stage.tls else ""}
        words |= {"limit": stage.fault.limit or "30s", "client": stage.fault.limit or "30s"}
        text.write_text(HAPROXY.format(**words, protocol=" proto h2" if stage.fault.client == "http2" else ""))
        super().__init__(["haproxy", "-f", text])


ALL = {"nginx": Nginx, "haproxy": Haproxy}

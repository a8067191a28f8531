"""A service's process as small as can be: `python stand_in.py <service> <ready|never|broken>`."""

import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer


class Health(BaseHTTPRequestHandler):
    """Ready, or never ready."""

    def do_GET(self) -> None:
        """Answer `/health/ready`."""
        self.send_response(200 if sys.argv[2] == "ready" and self.path == "/health/ready" else 503)
        self.end_headers()


if __name__ == "__main__":
    print(f"{sys.argv[1]} begins", flush=True)
    if sys.argv[2] == "broken":
        sys.exit("no such table: complaints")
    HTTPServer((os.environ["FIVEPLUSN_HOST"], int(os.environ["FIVEPLUSN_PORT"])), Health).serve_forever()

"""Somebody to migrate to: takes everything and keeps nothing."""
import socket
import threading


class Listener:
    def __init__(self, path):
        self.uri = f"unix:{path}"
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(str(path))
        self.socket.listen()
        self.thread = threading.Thread(target=self._serve, daemon=True)

    def _serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:  # closed: nobody comes any more
                return
            with connection:
                try:
                    while connection.recv(1 << 20):
                        pass
                except OSError:  # a cancelled migration may just go away
                    pass

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join(10)

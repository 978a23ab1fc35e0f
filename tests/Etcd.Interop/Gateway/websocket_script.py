"""A WebSocket client by hand (RFC 6455) and urllib against the JSON gateway. Usage: websocket_script.py HOST:PORT"""
import base64
import hashlib
import json
import os
import socket
import struct
import sys
import urllib.request

HOST, PORT = sys.argv[1].split(":")


def b64(text):
    return base64.b64encode(text.encode()).decode()


def post(path, body, token=None):
    request = urllib.request.Request(f"http://{HOST}:{PORT}{path}", json.dumps(body).encode())
    if token:
        request.add_header("Authorization", token)
    with urllib.request.urlopen(request, timeout=10) as reply:
        return json.load(reply)


class WebSocket:
    def __init__(self, path, headers=()):
        self.socket = socket.create_connection((HOST, int(PORT)), timeout=10)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [f"GET {path} HTTP/1.1", f"Host: {HOST}:{PORT}", "Upgrade: websocket", "Connection: Upgrade",
                 f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13", *headers, "", ""]
        self.socket.sendall("\r\n".join(lines).encode())
        head = b""
        while b"\r\n\r\n" not in head:
            head += self.socket.recv(1)
        accept = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest())
        assert head.startswith(b"HTTP/1.1 101 "), head
        assert accept in head, head

    def send(self, message):
        data = json.dumps(message).encode()
        mask = os.urandom(4)
        length = bytes([0x80 | len(data)]) if len(data) < 126 else bytes([0xFE]) + struct.pack(">H", len(data))
        self.socket.sendall(b"\x81" + length + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(data)))

    def exactly(self, count):
        data = b""
        while len(data) < count:
            part = self.socket.recv(count - len(data))
            if not part:
                raise EOFError
            data += part
        return data

    def receive(self):
        first, length = self.exactly(2)
        if length == 126:
            length, = struct.unpack(">H", self.exactly(2))
        elif length == 127:
            length, = struct.unpack(">Q", self.exactly(8))
        data = self.exactly(length)
        return json.loads(data) if first & 15 == 1 else None


watch = WebSocket("/v3/watch")
watch.send({"create_request": {"key": b64("ws/"), "range_end": b64("ws0")}})
assert watch.receive()["result"]["created"] is True
put = post("/v3/kv/put", {"key": b64("ws/a"), "value": b64("1")})
event = watch.receive()["result"]
assert event["events"][0]["kv"]["key"] == b64("ws/a"), event
assert event["events"][0]["kv"]["mod_revision"] == put["header"]["revision"], event
watch.send({"create_request": {"key": b64("other"), "watch_id": "7"}})
assert watch.receive()["result"]["watch_id"] == "7"
watch.send({"cancel_request": {"watch_id": "7"}})
assert watch.receive()["result"]["canceled"] is True
post("/v3/kv/deleterange", {"key": b64("ws/a")})
assert watch.receive()["result"]["events"][0]["type"] == "DELETE"
print("watch ok")

lease = post("/v3/lease/grant", {"TTL": 30})["ID"]
alive = WebSocket("/v3/lease/keepalive")
for _ in range(2):
    alive.send({"ID": lease})
    assert alive.receive()["result"]["TTL"] == "30"
print("keepalive ok")

single = WebSocket("/v3/kv/range")
single.send({"key": b64("none")})
assert "header" in single.receive()
print("range ok")

with urllib.request.urlopen(f"http://{HOST}:{PORT}/v3/maintenance/snapshot", b"{}", timeout=10) as reply:
    blobs = [base64.b64decode(json.loads(line)["result"]["blob"]) for line in reply]
data, digest = b"".join(blobs[:-1]), blobs[-1]
if len(digest) != 32:
    data, digest = b"".join(blobs)[:-32], b"".join(blobs)[-32:]
assert hashlib.sha256(data).digest() == digest
print("snapshot ok")

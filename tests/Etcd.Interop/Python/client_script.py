"""What a program does that uses etcd through Debian's python3-etcd3. Run by PythonClientTests; ETCD_PORT names the server."""

import os
import queue
import tempfile
import threading
import time
import unittest

import etcd3
import etcd3.exceptions

LIMIT_SECONDS = 20


class ClientTest(unittest.TestCase):
    def setUp(self):
        self.client = etcd3.client(host="127.0.0.1", port=int(os.environ["ETCD_PORT"]), timeout=LIMIT_SECONDS)
        # A prefix of its own for each test: the server is shared.
        self.prefix = "py/%s/%d/" % (self._testMethodName, time.time_ns())

    def key(self, name):
        return self.prefix + name


class KeyValueTest(ClientTest):
    def test_put_and_get(self):
        self.client.put(self.key("a"), "value")
        value, meta = self.client.get(self.key("a"))
        self.assertEqual(b"value", value)
        self.assertEqual(self.key("a").encode(), meta.key)
        self.assertEqual((1, 0), (meta.version, meta.lease_id))
        self.assertEqual(meta.create_revision, meta.mod_revision)

    def test_get_missing(self):
        self.assertEqual((None, None), self.client.get(self.key("missing")))

    def test_put_returns_previous(self):
        self.client.put(self.key("a"), "1")
        reply = self.client.put(self.key("a"), "2", prev_kv=True)
        self.assertEqual(b"1", reply.prev_kv.value)

    def test_binary_value(self):
        value = bytes(range(256)) * 100
        self.client.put(self.key("bin"), value)
        self.assertEqual(value, self.client.get(self.key("bin"))[0])

    def test_put_if_not_exists(self):
        self.assertTrue(self.client.put_if_not_exists(self.key("a"), "1"))
        self.assertFalse(self.client.put_if_not_exists(self.key("a"), "2"))
        self.assertEqual(b"1", self.client.get(self.key("a"))[0])

    def test_replace(self):
        self.client.put(self.key("a"), "old")
        self.assertFalse(self.client.replace(self.key("a"), "other", "new"))
        self.assertTrue(self.client.replace(self.key("a"), "old", "new"))
        self.assertEqual(b"new", self.client.get(self.key("a"))[0])

    def test_prefix_and_sorting(self):
        for name in ("b", "a", "c"):
            self.client.put(self.key(name), name + "-value")
        values = [value for value, _ in self.client.get_prefix(self.prefix)]
        self.assertEqual([b"a-value", b"b-value", b"c-value"], values)
        down = [value for value, _ in self.client.get_prefix(self.prefix, sort_order="descend", sort_target="create")]
        self.assertEqual([b"c-value", b"a-value", b"b-value"], down)
        keys = [(value, meta.key) for value, meta in self.client.get_prefix(self.prefix, keys_only=True)]
        self.assertEqual([(b"", self.key(name).encode()) for name in "abc"], keys)

    def test_range(self):
        for number in range(20):
            self.client.put(self.key("%02d" % number), str(number))
        values = [value for value, _ in self.client.get_range(self.key("05"), self.key("10"))]
        self.assertEqual([b"5", b"6", b"7", b"8", b"9"], values)

    def test_delete(self):
        self.client.put(self.key("a"), "1")
        self.assertTrue(self.client.delete(self.key("a")))
        self.assertFalse(self.client.delete(self.key("a")))
        self.assertIsNone(self.client.get(self.key("a"))[0])

    def test_delete_prefix(self):
        for number in range(7):
            self.client.put(self.key(str(number)), "x")
        self.assertEqual(7, self.client.delete_prefix(self.prefix).deleted)
        self.assertEqual([], list(self.client.get_prefix(self.prefix)))

    def test_large_value(self):
        value = b"x" * 1_000_000
        self.client.put(self.key("large"), value)
        self.assertEqual(value, self.client.get(self.key("large"))[0])

    def test_concurrent_writers(self):
        def write(writer):
            for number in range(50):
                self.client.put(self.key("%d/%d" % (writer, number)), str(number))

        threads = [threading.Thread(target=write, args=(writer,)) for writer in range(8)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        self.assertEqual(400, sum(1 for _ in self.client.get_prefix(self.prefix)))


class TransactionTest(ClientTest):
    def test_success_branch(self):
        self.client.put(self.key("a"), "1")
        tx = self.client.transactions
        ok, replies = self.client.transaction(
            compare=[tx.value(self.key("a")) == "1", tx.version(self.key("a")) > 0, tx.create(self.key("none")) == 0],
            success=[tx.put(self.key("b"), "2"), tx.get(self.key("a")), tx.delete(self.key("none"))],
            failure=[tx.put(self.key("c"), "3")])
        self.assertTrue(ok)
        self.assertEqual(b"1", replies[1][0][0])
        self.assertEqual(b"2", self.client.get(self.key("b"))[0])
        self.assertIsNone(self.client.get(self.key("c"))[0])

    def test_failure_branch(self):
        self.client.put(self.key("a"), "1")
        tx = self.client.transactions
        ok, replies = self.client.transaction(
            compare=[tx.value(self.key("a")) == "2"],
            success=[tx.put(self.key("b"), "2")],
            failure=[tx.get(self.key("a")), tx.delete(self.key("a"))])
        self.assertFalse(ok)
        self.assertEqual(b"1", replies[0][0][0])
        self.assertIsNone(self.client.get(self.key("a"))[0])

    def test_one_revision(self):
        tx = self.client.transactions
        self.client.transaction(compare=[], success=[tx.put(self.key(str(n)), "x") for n in range(5)], failure=[])
        revisions = {meta.mod_revision for _, meta in self.client.get_prefix(self.prefix)}
        self.assertEqual(1, len(revisions))


class WatchTest(ClientTest):
    def take(self, events, count):
        return [next(events) for _ in range(count)]

    def test_live_events(self):
        events, cancel = self.client.watch_prefix(self.prefix)
        self.client.put(self.key("a"), "1")
        self.client.put(self.key("a"), "2")
        self.client.delete(self.key("a"))
        seen = self.take(events, 3)
        cancel()
        self.assertEqual(["PutEvent", "PutEvent", "DeleteEvent"], [type(event).__name__ for event in seen])
        self.assertEqual([b"1", b"2", b""], [event.value for event in seen])
        self.assertEqual(sorted(event.mod_revision for event in seen), [event.mod_revision for event in seen])

    def test_from_the_past(self):
        self.client.put(self.key("a"), "1")
        first = self.client.get(self.key("a"))[1].mod_revision
        self.client.put(self.key("a"), "2")
        events, cancel = self.client.watch(self.key("a"), start_revision=first)
        seen = self.take(events, 2)
        cancel()
        self.assertEqual([b"1", b"2"], [event.value for event in seen])

    def test_previous_values(self):
        self.client.put(self.key("a"), "1")
        events, cancel = self.client.watch(self.key("a"), prev_kv=True)
        self.client.put(self.key("a"), "2")
        event = next(events)
        cancel()
        self.assertEqual((b"2", b"1"), (event.value, event.prev_value))

    def test_callback(self):
        seen = queue.Queue()
        watch_id = self.client.add_watch_callback(self.key("a"), lambda reply: [seen.put(event) for event in reply.events])
        for number in range(20):
            self.client.put(self.key("a"), str(number))
        values = [seen.get(timeout=LIMIT_SECONDS).value for _ in range(20)]
        self.client.cancel_watch(watch_id)
        self.assertEqual([str(number).encode() for number in range(20)], values)

    def test_watch_once(self):
        timer = threading.Timer(0.2, lambda: self.client.put(self.key("a"), "there"))
        timer.start()
        self.assertEqual(b"there", self.client.watch_once(self.key("a"), timeout=LIMIT_SECONDS).value)

    def test_compacted_start(self):
        for number in range(3):
            self.client.put(self.key("a"), str(number))
        revision = self.client.get(self.key("a"))[1].mod_revision
        self.client.compact(revision)
        events, cancel = self.client.watch(self.key("a"), start_revision=revision - 2)
        with self.assertRaises(etcd3.exceptions.RevisionCompactedError) as caught:
            next(events)
        self.assertEqual(revision, caught.exception.compacted_revision)
        cancel()


class LeaseTest(ClientTest):
    def test_grant_and_revoke(self):
        lease = self.client.lease(60)
        self.client.put(self.key("a"), "1", lease=lease)
        self.assertEqual(lease.id, self.client.get(self.key("a"))[1].lease_id)
        self.assertEqual([self.key("a").encode()], list(lease.keys))
        self.assertEqual(60, lease.granted_ttl)
        self.assertLessEqual(lease.remaining_ttl, 60)
        lease.revoke()
        self.assertIsNone(self.client.get(self.key("a"))[0])

    def test_chosen_id_and_refresh(self):
        lease_id = time.time_ns()
        lease = self.client.lease(60, lease_id=lease_id)
        self.assertEqual(lease_id, lease.id)
        self.assertEqual(60, lease.refresh()[0].TTL)
        lease.revoke()

    def test_expiry(self):
        events, cancel = self.client.watch(self.key("a"))
        lease = self.client.lease(2)
        put_at = time.monotonic()
        self.client.put(self.key("a"), "short", lease=lease)
        next(events)
        self.assertIsInstance(next(events), etcd3.events.DeleteEvent)
        lived = time.monotonic() - put_at
        cancel()
        self.assertGreaterEqual(lived, 1.9)
        self.assertLessEqual(lived, 8)

    def test_lease_info(self):
        lease = self.client.lease(100)
        info = self.client.get_lease_info(lease.id)
        self.assertEqual((lease.id, 100), (info.ID, info.grantedTTL))
        lease.revoke()


class MaintenanceTest(ClientTest):
    def test_status(self):
        status = self.client.status()
        self.assertEqual("3.5.30", status.version)
        self.assertGreater(status.db_size, 0)
        self.assertGreater(status.raft_term, 0)
        self.assertEqual("default", status.leader.name)

    def test_members(self):
        members = list(self.client.members)
        self.assertEqual(["default"], [member.name for member in members])
        self.assertTrue(members[0].client_urls[0].startswith("http://127.0.0.1:"))

    def test_alarms(self):
        self.assertEqual([], list(self.client.list_alarms()))

    def test_hash(self):
        self.assertIsInstance(self.client.hash(), int)

    def test_compact(self):
        self.client.put(self.key("a"), "1")
        first = self.client.get(self.key("a"))[1].mod_revision
        self.client.put(self.key("a"), "2")
        self.client.compact(first, physical=True)
        self.assertEqual(b"2", self.client.get(self.key("a"))[0])

    def test_snapshot(self):
        self.client.put(self.key("a"), "x" * 100_000)
        with tempfile.TemporaryFile() as file:
            self.client.snapshot(file)
            self.assertGreater(file.tell(), 100_000)

    def test_defragment(self):
        self.client.defragment()
        self.client.put(self.key("a"), "after")
        self.assertEqual(b"after", self.client.get(self.key("a"))[0])


class AuthTest(unittest.TestCase):
    """Against a server of its own, where root and alice are users and authentication is on."""

    def connect(self, user, password):
        client = etcd3.client(
            host="127.0.0.1", port=int(os.environ["ETCD_PORT"]), timeout=LIMIT_SECONDS, user=user, password=password)
        # Python's gRPC sends call credentials over TLS only; the client sends the token as metadata, too.
        client.call_credentials = None
        return client

    def test_user_reads_and_writes_what_it_may(self):
        alice = self.connect("alice", "alicepw")
        alice.put("a/1", "value")
        self.assertEqual(b"value", alice.get("a/1")[0])
        with self.assertRaises(Exception) as refusal:
            alice.get("b")
        self.assertIn("permission denied", str(refusal.exception))

    def test_nobody_is_refused(self):
        with self.assertRaises(Exception) as refusal:
            etcd3.client(host="127.0.0.1", port=int(os.environ["ETCD_PORT"]), timeout=LIMIT_SECONDS).get("a/1")
        self.assertIn("user name is empty", str(refusal.exception))

    def test_wrong_password_is_refused(self):
        with self.assertRaises(Exception) as refusal:
            self.connect("alice", "wrong")
        self.assertIn("authentication failed", str(refusal.exception))


if __name__ == "__main__":
    unittest.main(verbosity=2)

"""What a program does that uses etcd's v2 API through Debian's python3-etcd. Run by V2PythonTests; ETCD_PORT names the server."""

import os
import threading
import time
import unittest

import etcd


class ClientTest(unittest.TestCase):
    def setUp(self):
        self.client = etcd.Client(host="127.0.0.1", port=int(os.environ["ETCD_PORT"]), read_timeout=20)
        # A directory of its own for each test: the server is shared.
        self.prefix = "/py/%s/%d/" % (self._testMethodName, time.time_ns())

    def key(self, name):
        return self.prefix + name


class KeysTest(ClientTest):
    def test_write_and_read(self):
        written = self.client.write(self.key("a"), "value")
        read = self.client.read(self.key("a"))
        self.assertEqual(("set", True), (written.action, written.newKey))
        self.assertEqual(("get", "value", self.key("a")), (read.action, read.value, read.key))
        self.assertEqual(written.modifiedIndex, read.modifiedIndex)
        self.assertGreaterEqual(read.etcd_index, written.modifiedIndex)

    def test_read_missing(self):
        with self.assertRaises(etcd.EtcdKeyNotFound):
            self.client.read(self.key("missing"))

    def test_text_of_all_kinds(self):
        text = 'ü日本😀 <&> "quoted" \\ \t a=b&c;d+e%41'
        self.client.write(self.key("a"), text)
        self.assertEqual(text, self.client.read(self.key("a")).value)

    def test_overwrite_shows_previous(self):
        self.client.write(self.key("a"), "1")
        result = self.client.write(self.key("a"), "2")
        self.assertEqual(("1", False), (result._prev_node.value, result.newKey))

    def test_create_only(self):
        self.client.write(self.key("a"), "1", prevExist=False)
        with self.assertRaises(etcd.EtcdAlreadyExist):
            self.client.write(self.key("a"), "2", prevExist=False)

    def test_update_only(self):
        with self.assertRaises(etcd.EtcdKeyNotFound):
            self.client.write(self.key("a"), "2", prevExist=True)

    def test_compare_and_swap(self):
        first = self.client.write(self.key("a"), "1")
        with self.assertRaises(etcd.EtcdCompareFailed):
            self.client.test_and_set(self.key("a"), "2", "other")
        self.assertEqual("compareAndSwap", self.client.test_and_set(self.key("a"), "2", "1").action)
        with self.assertRaises(etcd.EtcdCompareFailed):
            self.client.write(self.key("a"), "3", prevIndex=first.modifiedIndex)

    def test_update_of_a_read_result(self):
        self.client.write(self.key("a"), "1")
        result = self.client.read(self.key("a"))
        result.value = "2"
        updated = self.client.update(result)
        self.assertEqual("2", updated.value)

    def test_delete(self):
        self.client.write(self.key("a"), "1")
        self.assertEqual("delete", self.client.delete(self.key("a")).action)
        with self.assertRaises(etcd.EtcdKeyNotFound):
            self.client.delete(self.key("a"))

    def test_compare_and_delete(self):
        self.client.write(self.key("a"), "1")
        with self.assertRaises(etcd.EtcdCompareFailed):
            self.client.delete(self.key("a"), prevValue="2")
        self.assertEqual("compareAndDelete", self.client.delete(self.key("a"), prevValue="1").action)

    def test_pop(self):
        self.client.write(self.key("a"), "1")
        self.assertEqual("1", self.client.pop(self.key("a")).value)

    def test_contains(self):
        self.client.write(self.key("a"), "1")
        self.assertIn(self.key("a"), self.client)
        self.assertNotIn(self.key("b"), self.client)


class DirectoriesTest(ClientTest):
    def test_make_list_remove(self):
        self.client.write(self.key("d"), None, dir=True)
        self.client.write(self.key("d/b"), "1")
        self.client.write(self.key("d/a/x"), "2")
        listed = self.client.read(self.key("d"), recursive=True, sorted=True)
        self.assertEqual([self.key("d/a/x"), self.key("d/b")], [leaf.key for leaf in listed.leaves])
        with self.assertRaises(etcd.EtcdNotFile):
            self.client.delete(self.key("d"))
        with self.assertRaises(etcd.EtcdDirNotEmpty):
            self.client.delete(self.key("d"), dir=True)
        self.client.delete(self.key("d"), recursive=True)

    def test_file_is_no_directory(self):
        self.client.write(self.key("f"), "1")
        with self.assertRaises(etcd.EtcdNotDir):
            self.client.write(self.key("f/x"), "1")

    def test_queue(self):
        keys = [self.client.write(self.key("q"), "job%d" % i, append=True).key for i in range(12)]
        self.assertEqual(sorted(keys), keys)
        listed = self.client.read(self.key("q"), recursive=True, sorted=True)
        self.assertEqual(["job%d" % i for i in range(12)], [child.value for child in listed.children])

    def test_root_is_read_only(self):
        with self.assertRaises(etcd.EtcdRootReadOnly):
            self.client.write("/", "1")

    def test_hidden_keys_are_not_listed(self):
        self.client.write(self.key("d/_h"), "1")
        self.client.write(self.key("d/v"), "1")
        self.assertEqual([self.key("d/v")], [child.key for child in self.client.read(self.key("d")).children])
        self.assertEqual("1", self.client.read(self.key("d/_h")).value)


class LivesTest(ClientTest):
    def test_expires(self):
        written = self.client.write(self.key("a"), "1", ttl=1)
        self.assertEqual(1, written.ttl)
        time.sleep(2.2)
        with self.assertRaises(etcd.EtcdKeyNotFound):
            self.client.read(self.key("a"))

    def test_refresh_keeps_alive_and_is_silent(self):
        index = self.client.write(self.key("a"), "1", ttl=2).modifiedIndex
        for _ in range(4):
            time.sleep(0.8)
            self.client.refresh(self.key("a"), ttl=2)
        self.assertEqual("1", self.client.read(self.key("a")).value)
        last = self.client.write(self.key("a"), "2")
        self.assertEqual(last.modifiedIndex, self.client.watch(self.key("a"), index=index + 1, timeout=10).modifiedIndex)

    def test_lock_excludes(self):
        name = "lock%d" % time.time_ns()
        first = etcd.Lock(self.client, name)
        second = etcd.Lock(etcd.Client(host="127.0.0.1", port=int(os.environ["ETCD_PORT"])), name)
        self.assertTrue(first.acquire(lock_ttl=60))
        self.assertFalse(second.acquire(blocking=False, lock_ttl=60))
        first.release()
        self.assertTrue(second.acquire(blocking=True, lock_ttl=60, timeout=10))
        second.release()


class WatchesTest(ClientTest):
    def later(self, action):
        thread = threading.Timer(0.3, action)
        thread.start()
        self.addCleanup(thread.join)

    def test_next_change(self):
        self.client.write(self.key("a"), "1")
        other = etcd.Client(host="127.0.0.1", port=int(os.environ["ETCD_PORT"]))
        self.later(lambda: other.write(self.key("a"), "2"))
        self.assertEqual("2", self.client.watch(self.key("a"), timeout=15).value)

    def test_from_index(self):
        first = self.client.write(self.key("a"), "1").modifiedIndex
        self.client.write(self.key("a"), "2")
        self.assertEqual("1", self.client.watch(self.key("a"), index=first, timeout=10).value)
        self.assertEqual("2", self.client.watch(self.key("a"), index=first + 1, timeout=10).value)

    def test_recursive_eternal(self):
        start = self.client.write(self.key("d/0"), "0").modifiedIndex
        for i in range(1, 5):
            self.client.write(self.key("d/%d" % i), str(i))
        seen = []
        for event in self.client.eternal_watch(self.key("d"), index=start, recursive=True):
            seen.append(event.value)
            if len(seen) == 5:
                break
        self.assertEqual(["0", "1", "2", "3", "4"], seen)

    def test_outdated_index(self):
        start = self.client.write(self.key("a"), "0").modifiedIndex
        for i in range(1005):
            self.client.write(self.key("a"), str(i))
        with self.assertRaises(etcd.EtcdEventIndexCleared):
            self.client.watch(self.key("a"), index=start, timeout=10)


class ClusterTest(ClientTest):
    def test_members(self):
        self.assertEqual(1, len(self.client.members))

    def test_machines(self):
        self.assertEqual(["http://127.0.0.1:%s" % os.environ["ETCD_PORT"]], self.client.machines)

    def test_leader(self):
        self.assertIn("http://127.0.0.1:%s" % os.environ["ETCD_PORT"], self.client.leader["clientURLs"])

    def test_statistics(self):
        self.client.write(self.key("a"), "1")
        self.assertGreater(self.client.store_stats["setsSuccess"], 0)
        self.assertEqual("StateLeader", self.client.stats["state"])
        self.assertEqual({}, self.client.leader_stats["followers"])


if __name__ == "__main__":
    unittest.main()

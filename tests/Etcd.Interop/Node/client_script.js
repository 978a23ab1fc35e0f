// The flows of npm's "etcd3" against one server. Usage: node client_script.js HOST:PORT. Prints "all passed" at the end.
'use strict';
const assert = require('node:assert');
const { Etcd3, EtcdLockFailedError } = require('etcd3');

const within = (milliseconds, promise, what) => Promise.race([
  promise,
  new Promise((_, reject) => setTimeout(() => reject(new Error(`no ${what} in time`)), milliseconds).unref()),
]);
const once = (emitter, event) => within(10000, new Promise(resolve => emitter.once(event, resolve)), event);

async function keys(client) {
  await client.put('node/a').value('1');
  await client.put('node/b').value('2');
  assert.strictEqual(await client.get('node/a').string(), '1');
  assert.strictEqual(await client.get('node/none').string(), null);
  assert.deepStrictEqual(await client.getAll().prefix('node/').strings(), { 'node/a': '1', 'node/b': '2' });
  assert.strictEqual(await client.getAll().prefix('node/').count(), 2);
  const swapped = await client.if('node/a', 'Value', '==', '1').then(client.put('node/a').value('3')).else(client.get('node/a')).commit();
  assert.strictEqual(swapped.succeeded, true);
  assert.strictEqual(await client.get('node/a').number(), 3);
  assert.strictEqual((await client.delete().prefix('node/')).deleted, '2');
}

async function watch(client) {
  const watcher = await client.watch().prefix('watched/').create();
  const put = once(watcher, 'put');
  await client.put('watched/a').value('x');
  const seen = await put;
  assert.strictEqual(seen.key.toString(), 'watched/a');
  assert.strictEqual(seen.value.toString(), 'x');
  const deleted = once(watcher, 'delete');
  await client.delete().key('watched/a');
  assert.strictEqual((await deleted).key.toString(), 'watched/a');
  await watcher.cancel();
}

async function lease(client) {
  const granted = client.lease(10);
  await granted.put('leased').value('x');
  await granted.keepaliveOnce();
  assert.strictEqual(await client.get('leased').string(), 'x');
  await granted.revoke();
  assert.strictEqual(await client.get('leased').string(), null);
}

async function lock(client) {
  const first = client.lock('node-lock');
  await first.acquire();
  await assert.rejects(client.lock('node-lock').acquire(), EtcdLockFailedError);
  await first.release();
  const value = await client.lock('node-lock').do(async () => 'held');
  assert.strictEqual(value, 'held');
}

async function election(client) {
  const name = client.election('node-election', 5);
  const observer = await name.observe();
  const changed = once(observer, 'change');
  const campaign = name.campaign('candidate');
  await once(campaign, 'elected');
  await changed;
  assert.strictEqual(await name.leader(), 'candidate');
  await campaign.proclaim('again');
  assert.strictEqual(await name.leader(), 'again');
  await campaign.resign();
  await observer.cancel();
}

async function auth(client, hosts) {
  const root = client.role('root');
  await root.create();
  await client.user('root').create('secret');
  await client.user('root').addRole('root');
  const role = client.role('reader');
  await role.create();
  await role.grant({ permission: 'Read', range: client.range({ prefix: 'open/' }) });
  await client.user('reader').create('pass');
  await client.user('reader').addRole('reader');
  await client.put('open/a').value('1');
  await client.auth.authEnable();
  const rooted = new Etcd3({ hosts, auth: { username: 'root', password: 'secret' } });
  const reader = new Etcd3({ hosts, auth: { username: 'reader', password: 'pass' } });
  try {
    assert.strictEqual(await reader.get('open/a').string(), '1');
    await assert.rejects(reader.put('open/a').value('2').exec());
    await rooted.put('open/a').value('3');
    assert.strictEqual(await reader.get('open/a').string(), '3');
  } finally {
    await rooted.auth.authDisable();
    rooted.close();
    reader.close();
  }
}

(async () => {
  const hosts = `http://${process.argv[2]}`;
  const client = new Etcd3({ hosts });
  for (const flow of [keys, watch, lease, lock, election, auth]) {
    try {
      await flow(client, hosts);
    } catch (failure) {
      console.error(`${flow.name}: ${failure.stack}`);
      process.exit(1);
    }
  }
  client.close();
  console.log('all passed');
  process.exit(0);
})();

// A client of alphasync for Node or a browser: node client.mjs http://localhost:3001 demo@example.com demo
// It types a text for the first profile, starts a run with it, and leaves when that has ended.
import { io } from 'socket.io-client';

const [url, email, password] = process.argv.slice(2);

async function call(path, options) {
  const answer = await fetch(url + path, options);
  const body = await answer.json();
  if (!answer.ok) throw new Error(`${body.code}: ${body.message}`);
  return body;
}

const headers = { 'Content-Type': 'application/json' };
const body = JSON.stringify({ email, password });
const login = await call('/api/auth/login', { method: 'POST', headers, body });
const profiles = await call('/api/profiles', { headers: { 'X-Alpha-Date-Token': login.alphaDateToken } });
const about = { profileId: profiles[0].external_id, type: 'chat' };

// What the next connection offers: who this device is, and what it has seen last.
const known = {};
const socket = io(url, { auth: (give) => give({ token: login.token, deviceName: 'example', ...known }) });

socket.onAny((event, { epoch, revision, deviceId, resumeToken, recovered }) => {
  if (event === 'deviceRegistered') {
    Object.assign(known, { deviceId, resumeToken });
    if (!recovered) console.log('the state follows: forget what was known');
  }
  if (event === 'deviceRegistered' || event === 'resync') Object.assign(known, { epoch, revision });
  else if (revision > known.revision) known.revision = revision;
});

socket.on('messageSync', ({ profileId, message }) => console.log(`draft for ${profileId}: ${message}`));
socket.on('processingProgress', ({ progress }) => console.log(`${progress.current}/${progress.total} ${progress.message}`));
socket.on('error', ({ code, message }) => console.log(`refused: ${code}, ${message}`));
socket.on('connect_error', ({ message }) => console.log(`no connection: ${message}`));

// The library comes back by itself when the network breaks, and not when the server has closed the connection.
let superseded = false;
socket.on('error', ({ code }) => { superseded ||= code === 'superseded'; });
socket.on('disconnect', (reason) => {
  if (reason === 'io server disconnect' && !superseded) setTimeout(() => socket.connect(), 1000);
});

/** Send a command; try again while that makes sense. */
async function send(command, payload) {
  for (let wait = 500; ; wait = Math.min(2 * wait, 10_000)) {
    const ack = await socket.timeout(10_000).emitWithAck(command, payload).catch(() => ({ retryable: true }));
    if (ack.ok) return ack;
    if (!ack.retryable) throw new Error(`${ack.code}: ${ack.message}`);
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

const ended = new Promise((resolve) => {
  for (const event of ['processingComplete', 'processingStopped', 'processingInterrupted']) {
    socket.on(event, (data) => data.profileId === about.profileId && data.type === about.type && resolve([event, data]));
  }
});

await send('updateMessage', { ...about, message: 'Hello there' });
const { runId } = await send('startProcessing', { ...about, message: 'Hello there' });
console.log(`run ${runId} has begun`);
const [event, { stats }] = await ended;
console.log(event, stats ?? '');
socket.disconnect(); // on purpose: this device is forgotten

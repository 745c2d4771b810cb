// A client that speaks MessagePack: node messagepack.mjs http://localhost:3001 demo@example.com demo
// It types a text for the first profile, shows what it is told, and leaves.
import { io } from 'socket.io-client';
import parser from 'socket.io-msgpack-parser';

const [url, email, password] = process.argv.slice(2);
const headers = { 'Content-Type': 'application/json' };
const answer = await fetch(`${url}/api/auth/login`, { method: 'POST', headers, body: JSON.stringify({ email, password }) });
const { token, profiles, code, message } = await answer.json();
if (!answer.ok) throw new Error(`${code}: ${message}`);

const socket = io(url, { parser, auth: { token, deviceName: 'example' } });
socket.onAny((event, data) => console.log(event, data));
socket.on('connect_error', (error) => console.log(`no connection: ${error.message}`));

const draft = { profileId: profiles[0], type: 'chat', message: 'Hello there' };
console.log('stored', await socket.emitWithAck('updateMessage', draft));
socket.disconnect();

// The application, for a Socket.IO server on Node or on Bun as they are documented.
//
// It keeps no log and no record of devices, and orders nothing; alphasync does, in the same time.

import { createHmac, timingSafeEqual } from "node:crypto";

const DRAFT_TTL = 2 * 3600;
const PAYLOAD_MAX = 64 * 1024;

const { HOST, PORT, REDIS_URL, JWT_SECRET, PING_INTERVAL, PING_TIMEOUT } = process.env;

export const address = { hostname: HOST, port: Number(PORT) };
export const redisOptions = { socket: { path: REDIS_URL.replace("unix://", "") } };
export const engineOptions = {
  maxHttpBufferSize: PAYLOAD_MAX,
  pingInterval: Number(PING_INTERVAL) * 1000,
  pingTimeout: Number(PING_TIMEOUT) * 1000,
};

function verify(token) {
  const [header, payload, signature] = String(token).split(".");
  const expected = createHmac("sha256", JWT_SECRET).update(`${header}.${payload}`).digest();
  const given = Buffer.from(signature ?? "", "base64url");
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
  const claims = JSON.parse(Buffer.from(payload, "base64url"));
  return claims.exp * 1000 > Date.now() ? claims : null;
}

/** Serve the devices that come to `io`, with a connection to Redis. */
export function serve(io, redis) {
  io.use((socket, next) => {
    const claims = verify(socket.handshake.auth.token);
    if (!claims) return next(new Error("Invalid authentication token"));
    socket.data.account = String(claims.operatorId);
    next();
  });

  io.on("connection", async (socket) => {
    const { account } = socket.data;
    const key = `drafts:${account}`;

    socket.on("updateMessage", async ({ profileId, type, message }) => {
      const draft = { profileId: String(profileId), type, message, deviceId: socket.id, timestamp: Date.now() };
      // Sent in one write: the client pipelines what is asked of it in one turn of the event loop.
      const [, , revision] = await Promise.all([
        redis.hSet(key, `${type}:${draft.profileId}`, JSON.stringify(draft)),
        redis.expire(key, DRAFT_TTL),
        redis.incr(`revision:${account}`),
      ]);
      socket.to(account).emit("messageUpdated", { ...draft, revision });
    });

    socket.join(account);
    socket.emit("deviceRegistered", { deviceId: socket.id });
    for (const draft of Object.values(await redis.hGetAll(key))) {
      socket.emit("messageSync", JSON.parse(draft));
    }
  });
}

// Socket.IO on Bun's engine as it is documented: the same packages as on Node, and bun-engine.

import { Server as Engine } from "@socket.io/bun-engine";
import { createAdapter } from "@socket.io/redis-adapter";
import { createClient } from "redis";
import { Server } from "socket.io";

import { address, engineOptions, redisOptions, serve } from "../application.mjs";

const redis = createClient(redisOptions);
const subscriber = redis.duplicate();
await Promise.all([redis.connect(), subscriber.connect()]);

const engine = new Engine({ path: "/socket.io/", ...engineOptions });
const io = new Server({ adapter: createAdapter(redis, subscriber) });
io.bind(engine);
serve(io, redis);

const handler = engine.handler();
Bun.serve({
  ...address,
  ...handler,
  fetch: (request, server) =>
    new URL(request.url).pathname === "/readyz" ? new Response() : handler.fetch(request, server),
});

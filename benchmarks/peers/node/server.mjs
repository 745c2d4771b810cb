// Node's Socket.IO as it is documented: socket.io, its Redis adapter, redis.

import { createServer } from "node:http";

import { createAdapter } from "@socket.io/redis-adapter";
import { createClient } from "redis";
import { Server } from "socket.io";

import { address, engineOptions, redisOptions, serve } from "../application.mjs";

const redis = createClient(redisOptions);
const subscriber = redis.duplicate();
await Promise.all([redis.connect(), subscriber.connect()]);

const http = createServer((request, response) => {
  response.writeHead(request.url === "/readyz" ? 200 : 404).end();
});
const io = new Server(http, { adapter: createAdapter(redis, subscriber), ...engineOptions });
serve(io, redis);

http.listen({ host: address.hostname, port: address.port, backlog: 4096 });

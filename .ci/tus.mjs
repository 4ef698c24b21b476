// Does the unmodified tus-js-client bring 200 MB to a server that is killed twice on the way? Arguments: the server's program, a folder.
// The picture's pixels are the last bytes of the file, behind chunks with checksums: one lost, doubled or moved byte and it is no picture.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { deflateSync } from 'node:zlib';
import * as tus from 'tus-js-client';

const [program, folder] = process.argv.slice(2);
const MIB = 1024 * 1024;
const PADDING = 200;
const SIDE = 64;

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});
function crc(bytes) {
  let value = 0xffffffff;
  for (const byte of bytes) value = table[(value ^ byte) & 0xff] ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}
function chunk(type, data) {
  const content = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc(content));
  return Buffer.concat([length, content, sum]);
}
function picture() {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(SIDE, 0);
  header.writeUInt32BE(SIDE, 4);
  header.set([8, 2], 8);
  const noise = Buffer.alloc(MIB);
  for (let at = 0, value = 1; at < MIB; at += 1) {
    value = (Math.imul(value, 1103515245) + 12345) >>> 0;
    noise[at] = value >>> 16;
  }
  // An ancillary, private, safe-to-copy chunk, which readers pass over (PNG, 5.4).
  const padding = chunk('paDd', noise);
  const row = Buffer.concat([Buffer.from([0]), Buffer.alloc(SIDE * 3, 0x70)]);
  const pixels = deflateSync(Buffer.concat(Array(SIDE).fill(row)));
  const start = [Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', header)];
  return Buffer.concat([...start, ...Array(PADDING).fill(padding), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))]);
}

let server;
let port = 0;
async function start() {
  const environment = {
    PATH: process.env.PATH,
    HOME: folder,
    APP__SERVER__PORT: String(port),
    APP__SERVER__ADMIN_PORT: '0',
    APP__MEDIA__MAX_BYTES: String(256 * MIB),
  };
  server = spawn(program, { cwd: folder, env: environment, stdio: ['ignore', 'pipe', 'ignore'] });
  const gone = once(server, 'exit').then(() => Promise.reject(new Error('the server ended while it started')));
  const listening = (async () => {
    for await (const line of createInterface({ input: server.stdout })) {
      const found = line.match(/ listens on http:\/\/localhost:(\d+)$/);
      if (found) return Number(found[1]);
    }
    return gone;
  })();
  gone.catch(() => {});
  port = await Promise.race([listening, gone]);
  server.stdout.resume();
}
async function kill() {
  const gone = once(server, 'exit');
  server.kill('SIGKILL');
  await gone;
}
function check(holds, what) {
  if (!holds) throw new Error(what);
}

async function bring(token, bytes) {
  const kills = [0.3, 0.65];
  const restarts = [];
  let [acknowledged, greatestStep] = [0, 0];
  const answer = await new Promise((done, failed) => {
    const upload = new tus.Upload(bytes, {
      endpoint: `http://localhost:${port}/api/v1/media/uploads`,
      headers: { Authorization: `Bearer ${token}` },
      metadata: { filename: 'large.png', filetype: 'image/png' },
      chunkSize: 16 * MIB,
      retryDelays: [100, 200, 400, 800, 1600, 3200, 6400],
      onChunkComplete(step, accepted) {
        acknowledged = accepted;
        greatestStep = Math.max(greatestStep, step);
      },
      onProgress(sent) {
        if (kills.length > 0 && sent / bytes.length > kills[0]) {
          kills.shift();
          const at = { acknowledged, sent };
          restarts.push(at);
          kill().then(start).catch(failed);
        }
      },
      onAfterResponse(request, response) {
        if (request.getMethod() === 'HEAD') {
          const offset = Number(response.getHeader('Upload-Offset'));
          const last = restarts.at(-1);
          if (response.getStatus() === 200 && last && offset < last.acknowledged) failed(new Error(`${offset} bytes after ${last.acknowledged} were acknowledged`));
        }
      },
      onSuccess: ({ lastResponse }) => done(lastResponse),
      onError: failed,
    });
    upload.start();
  });
  check(restarts.length === 2, `the server was killed ${restarts.length} times`);
  return answer.getHeader('Media-Id');
}

await start();
try {
  const api = (path) => `http://localhost:${port}/api/v1${path}`;
  const person = { email: 'tus@example.com', password: 'a sentence that only this client knows' };
  const registered = await fetch(api('/auth/register'), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(person),
  });
  check(registered.status === 201, `registering was answered with ${registered.status}`);
  const token = (await registered.json()).tokens.access_token;
  const bytes = picture();
  const begun = performance.now();
  const id = await bring(token, bytes);
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  const headers = { Authorization: `Bearer ${token}` };
  const media = await (await fetch(api(`/media/${id}`), { headers })).json();
  check(media.status === 'ready' && media.width === SIDE, JSON.stringify(media));
  const content = await fetch(api(`/media/${id}/content`), { headers });
  check(content.status === 200 && (await content.arrayBuffer()).byteLength === media.bytes, 'the picture is served');
  console.log(`tus-js-client: ${(bytes.length / MIB).toFixed(0)} MiB through two kills in ${seconds} s`);
} finally {
  await kill();
}

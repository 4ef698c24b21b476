// One task with sharp (libvips), one thread, no cache: `node sharp.mjs <task> <picture> <folder>`.
import { readFileSync, writeFileSync } from 'node:fs';
import sharp from 'sharp';

const [task, picture, folder] = process.argv.slice(2);
sharp.cache(false);
sharp.concurrency(1);
const bytes = readFileSync(picture);
const jpeg = (quality) => ({ quality, progressive: true, optimiseCoding: true, chromaSubsampling: '4:2:0' });
const to = (width, height, quality) => sharp(bytes).rotate().resize(width, height, { fit: 'fill', kernel: 'lanczos3' }).jpeg(jpeg(quality)).toBuffer();

const SIZES = { large: [2048, 1536], medium: [1280, 960], small: [640, 480], thumb: [320, 240] };
const tasks = {
  'to-320': async () => ({ 'to-320': await to(320, 240, 82) }),
  'to-720': async () => ({ 'to-720': await to(720, 588, 80) }),
  // Each size is a pipeline of its own: the fastest way that sharp has, since each shrinks while it decodes.
  ladder: async () => {
    const made = {};
    for (const [name, [width, height]] of Object.entries(SIZES)) made[name] = await to(width, height, 82);
    return made;
  },
};
if (!tasks[task]) process.exit(3);
const times = [];
for (let round = 0; round < 35; round += 1) {
  const begun = performance.now();
  await tasks[task]();
  if (round >= 5) times.push(performance.now() - begun);
}
times.sort((one, other) => one - other);
for (const [name, made] of Object.entries(await tasks[task]())) writeFileSync(`${folder}/${name}.jpg`, made);
console.log(JSON.stringify({ ms: times[15], kib: process.resourceUsage().maxRSS }));

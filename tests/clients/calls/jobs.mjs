// Runs calls as they are asked for: a JSON line each on standard input, and a JSON line with what became of it.
// The first argument is the folder of the packages.
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

export const place = process.argv[2];
const find = createRequire(`${place}/`);

export async function load(name) {
  try {
    return await import(pathToFileURL(find.resolve(name)));
  } catch (error) {
    if (error.code !== 'ERR_PACKAGE_PATH_NOT_EXPORTED') throw error;
    return import(pathToFileURL(`${place}/node_modules/${name}/${await entry(name)}`));
  }
}

// The entry of a package that can only be imported, not required.
async function entry(name) {
  const { readFile } = await import('node:fs/promises');
  const { exports, module } = JSON.parse(await readFile(`${place}/node_modules/${name}/package.json`, 'utf8'));
  let target = exports?.['.'] ?? exports ?? module;
  while (target && typeof target === 'object') target = target.node ?? target.import ?? target.default;
  return target ?? module;
}

for (const name of ['OPENAI', 'ANTHROPIC', 'GOOGLE', 'GOOGLE_GENERATIVE_AI', 'GEMINI', 'MISTRAL'])
  process.env[`${name}_API_KEY`] = 'stand-in';
process.env.AWS_BEARER_TOKEN_BEDROCK = 'stand-in';

export async function join(events, text) {
  let all = '';
  for await (const event of events) all += text(event) ?? '';
  return all;
}

// The status that an error carries, wherever its library puts it.
function status(error) {
  for (let one = error; one; one = one.cause ?? one.lastError) {
    const found = one.status ?? one.statusCode ?? one.status_code ?? one.response?.status ?? one.$metadata?.httpStatusCode;
    if (typeof found === 'number') return found;
  }
  return null;
}

export async function serve(calls, connect = (base) => base) {
  // Some libraries print advice.
  const answer = console.log;
  console.log = console.error;
  for await (const line of createInterface({ input: process.stdin })) {
    const { call, base, model, size } = JSON.parse(line);
    const text = 'hi '.repeat(size / 3) || 'hi';
    let told;
    try {
      told = { text: String(await calls[call](connect(base), model, text)) };
    } catch (error) {
      const message = `${error.message} ${error.lastError?.message ?? ''} ${error.body ?? ''}`;
      told = { error: error.constructor.name, status: status(error), message };
    }
    answer(JSON.stringify(told));
  }
  process.exit(0);
}

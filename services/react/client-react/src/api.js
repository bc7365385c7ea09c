// nginx gives up on an API slightly earlier, and its response is more informative than a timeout.
const TIMEOUT = 15_000;

/** Queries one of the APIs. Rejects with an error whose message is meant for the user of the page. */
export async function askApi(path, signal) {
  const { response, body } = await getJson(path, signal);
  if (!response.ok) {
    const reason = typeof body?.error === 'string' ? `: ${body.error}` : '';
    throw new Error(`It answered with status ${response.status}${reason}.`);
  }
  // The server may be older or newer than this page, or something else entirely.
  if (!isAnswer(body)) throw new Error('Its answer could not be understood.');
  return body;
}

/** Fetches the version of the page. Rejects if there is none. */
export async function askVersion(signal) {
  const { response, body } = await getJson('/version.json', signal);
  if (!response.ok || !isText(body?.version)) throw new Error('No version.');
  return body.version;
}

async function getJson(path, signal) {
  const timeout = AbortSignal.timeout(TIMEOUT);
  try {
    const response = await fetch(path, { cache: 'no-store', signal: AbortSignal.any([signal, timeout]) });
    const text = await response.text();
    return { response, body: parse(text) };
  } catch {
    throw new Error(timeout.aborted ? 'It took too long to answer.' : 'It could not be reached.');
  }
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isAnswer(body) {
  return (
    isText(body?.api) &&
    isText(body.version) &&
    isText(body.currentTime) &&
    !Number.isNaN(Date.parse(body.currentTime)) &&
    Number.isSafeInteger(body.requestCount)
  );
}

function isText(value) {
  return typeof value === 'string' && value !== '';
}

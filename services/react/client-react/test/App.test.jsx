import { act, cleanup, configure, fireEvent, render, screen, within } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import App from '../src/App.jsx';

const GOLANG = { api: 'golang', version: '2.0.1', currentTime: '2026-01-02T03:04:05.678901Z', requestCount: 7 };
const NODE = { api: 'node', version: '1.0.9-0047-188f7a2', currentTime: '2026-01-02T03:04:05.678Z', requestCount: 42 };

// Only a failing test waits this long; on a busy machine the default of one second is too short.
configure({ asyncUtilTimeout: 4_000 });

// The response for each URL: a function that returns a response or a promise of one.
let answers;

beforeEach(() => {
  answers = {
    '/api/golang/': () => Response.json(GOLANG),
    '/api/node/': () => Response.json(NODE),
    '/version.json': () => Response.json({ version: '1.2.3' }),
  };
  vi.stubGlobal(
    'fetch',
    vi.fn(async (path) => answers[path]()),
  );
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

function api(title) {
  return within(screen.getByRole('region', { name: title }));
}

/** The terms of an API's description list, with their descriptions. */
function facts(title) {
  const names = api(title).getAllByRole('term');
  const values = api(title).getAllByRole('definition');
  return Object.fromEntries(names.map((name, index) => [name.textContent, values[index].textContent]));
}

function refresh() {
  fireEvent.click(screen.getByRole('button', { name: 'Refresh' }));
}

function asked(path) {
  return fetch.mock.calls.filter(([called]) => called === path).length;
}

/** A response that arrives on request. */
function later() {
  let answer;
  const promise = new Promise((resolve) => (answer = resolve));
  return { promise, answer: (response) => act(async () => answer(response)) };
}

test('shows what both APIs answer', async () => {
  render(<App />);
  await screen.findByText('2 of 2 APIs answered.');

  expect(facts('Go API')).toMatchObject({ Name: 'golang', Version: '2.0.1', Requests: '7' });
  expect(facts('Node.js API')).toMatchObject({ Name: 'node', Version: '1.0.9-0047-188f7a2', Requests: '42' });
  const time = api('Node.js API').getByRole('time');
  expect(time.getAttribute('datetime')).toBe(NODE.currentTime);
  expect(time.textContent).toBe(new Date(NODE.currentTime).toLocaleString());
});

test('has one main heading, and announces its updates', async () => {
  render(<App />);
  expect(screen.getAllByRole('heading', { level: 1 })).toHaveLength(1);
  expect(screen.getAllByRole('heading', { level: 2 })).toHaveLength(2);
  const status = screen.getByRole('status');
  expect(status.getAttribute('aria-live')).toBe('polite');
  expect(status.textContent).toBe('Asking the APIs…');
  await screen.findByText('2 of 2 APIs answered.');
  expect(screen.getByRole('status')).toBe(status);
});

test('bypasses every cache', async () => {
  render(<App />);
  await screen.findByText('2 of 2 APIs answered.');
  for (const [, options] of fetch.mock.calls) expect(options.cache).toBe('no-store');
});

test('shows one API while the other is unreachable', async () => {
  answers['/api/golang/'] = () => Promise.reject(new TypeError('Failed to fetch'));
  render(<App />);
  await screen.findByText('1 of 2 APIs answered.');
  api('Go API').getByText('No data. It could not be reached.');
  expect(facts('Node.js API').Requests).toBe('42');
});

test('shows one API while the other has yet to answer', async () => {
  const golang = later();
  answers['/api/golang/'] = () => golang.promise;
  render(<App />);
  await api('Node.js API').findByText('42');
  api('Go API').getByText('Asking…');
  expect(screen.getByRole('region', { name: 'Go API' }).getAttribute('aria-busy')).toBe('true');
  expect(screen.getByRole('region', { name: 'Node.js API' }).getAttribute('aria-busy')).toBe('false');
  await golang.answer(Response.json(GOLANG));
  expect(facts('Go API').Requests).toBe('7');
});

test('shows the error that an API reports', async () => {
  answers['/api/node/'] = () => Response.json({ error: 'database unavailable' }, { status: 503 });
  render(<App />);
  await api('Node.js API').findByText('No data. It answered with status 503: database unavailable.');
});

test('shows the status of an error that is not JSON', async () => {
  answers['/api/node/'] = () => new Response('<h1>502 Bad Gateway</h1>', { status: 502 });
  render(<App />);
  await api('Node.js API').findByText('No data. It answered with status 502.');
});

test.each([
  ['no JSON', 'pong'],
  ['empty', ''],
  ['null', 'null'],
  ['a list', '[]'],
  ['without a version', JSON.stringify({ ...NODE, version: undefined })],
  ['with a number for a version', JSON.stringify({ ...NODE, version: 1 })],
  ['with a time that is none', JSON.stringify({ ...NODE, currentTime: 'soon' })],
  ['with a count that is none', JSON.stringify({ ...NODE, requestCount: '42' })],
])('does not show an answer that is %s', async (_, body) => {
  answers['/api/node/'] = () => new Response(body);
  render(<App />);
  await screen.findByText('1 of 2 APIs answered.');
  api('Node.js API').getByText('No data. Its answer could not be understood.');
});

test('shows markup in an answer as text', async () => {
  const version = '<img src=x onerror=alert(1)>';
  answers['/api/node/'] = () => Response.json({ ...NODE, version });
  render(<App />);
  await api('Node.js API').findByText(version);
});

test('queries again on request', async () => {
  render(<App />);
  await screen.findByText('2 of 2 APIs answered.');

  answers['/api/golang/'] = () => Response.json({ error: 'internal error' }, { status: 500 });
  const node = later();
  answers['/api/node/'] = () => node.promise;
  refresh();
  screen.getByText('Asking the APIs…');
  await api('Go API').findByText('No data. It answered with status 500: internal error.');
  // Keeping the old answer avoids flicker.
  expect(facts('Node.js API').Requests).toBe('42');

  await node.answer(Response.json({ ...NODE, requestCount: 43 }));
  screen.getByText('1 of 2 APIs answered.');
  expect(facts('Node.js API').Requests).toBe('43');

  answers['/api/golang/'] = () => Response.json(GOLANG);
  answers['/api/node/'] = () => Response.json(NODE);
  refresh();
  await screen.findByText('2 of 2 APIs answered.');
  expect(facts('Go API').Requests).toBe('7');
  expect(asked('/api/golang/')).toBe(3);
  expect(asked('/version.json')).toBe(1);
});

test('ignores the answer to an earlier request', async () => {
  const first = later();
  answers['/api/node/'] = () => first.promise;
  render(<App />);
  answers['/api/node/'] = () => Response.json({ ...NODE, requestCount: 43 });
  refresh();
  await screen.findByText('2 of 2 APIs answered.');
  await first.answer(Response.json(NODE));
  expect(facts('Node.js API').Requests).toBe('43');
});

test('cancels its requests when unmounted', async () => {
  const { unmount } = render(<App />);
  unmount();
  for (const [, options] of fetch.mock.calls) expect(options.signal.aborted).toBe(true);
});

test('shows the version of the page', async () => {
  render(<App />);
  await screen.findByText('Page version 1.2.3');
});

test('works without the version of the page', async () => {
  answers['/version.json'] = () => new Response('', { status: 404 });
  render(<App />);
  await screen.findByText('Page version unknown');
});

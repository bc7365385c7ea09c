import { useEffect, useId, useState } from 'react';
import { askApi, askVersion } from './api.js';

const APIS = [
  { path: '/api/golang/', title: 'Go API' },
  { path: '/api/node/', title: 'Node.js API' },
];

export default function App() {
  const [round, setRound] = useState(1);
  const answers = useAnswers(round);
  const version = useVersion();

  return (
    <>
      <header>
        <h1>Demo services</h1>
        <button type="button" onClick={() => setRound(round + 1)}>
          Refresh
        </button>
      </header>
      <main>
        <Summary round={round} answers={answers} />
        {APIS.map(({ path, title }) => (
          <Api key={path} title={title} answer={answers[path]} pending={answers[path]?.round !== round} />
        ))}
      </main>
      <footer>Page version {version}</footer>
    </>
  );
}

/** Queries every API once per round. The previous answers stay until new ones arrive. */
function useAnswers(round) {
  const [answers, setAnswers] = useState({});

  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;

    async function ask({ path }) {
      const answer = await askApi(path, signal).then(
        (value) => ({ round, value }),
        (error) => ({ round, problem: error.message }),
      );
      if (!signal.aborted) setAnswers((others) => ({ ...others, [path]: answer }));
    }

    APIS.forEach(ask);
    // Late answers of this round must not overwrite those of the next.
    return () => controller.abort();
  }, [round]);

  return answers;
}

function useVersion() {
  const [version, setVersion] = useState('…');

  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    askVersion(signal)
      .catch(() => 'unknown')
      .then((found) => signal.aborted || setVersion(found));
    return () => controller.abort();
  }, []);

  return version;
}

/** What a screen reader announces after a refresh: one sentence, not every number that changed. */
function Summary({ round, answers }) {
  const current = APIS.map(({ path }) => answers[path]).filter((answer) => answer?.round === round);
  const good = current.filter(({ value }) => value);
  return (
    <p role="status" aria-live="polite">
      {current.length < APIS.length ? 'Asking the APIs…' : `${good.length} of ${APIS.length} APIs answered.`}
    </p>
  );
}

function Api({ title, answer, pending }) {
  const heading = useId();
  return (
    <section aria-labelledby={heading} aria-busy={pending}>
      <h2 id={heading}>{title}</h2>
      {!answer && <p>Asking…</p>}
      {answer?.problem && <p className="problem">No data. {answer.problem}</p>}
      {answer?.value && <Facts {...answer.value} />}
    </section>
  );
}

function Facts({ api, version, currentTime, requestCount }) {
  return (
    <dl>
      <dt>Name</dt>
      <dd>{api}</dd>
      <dt>Version</dt>
      <dd>{version}</dd>
      <dt>Current time</dt>
      <dd>
        <time dateTime={currentTime}>{new Date(currentTime).toLocaleString()}</time>
      </dd>
      <dt>Requests</dt>
      <dd>{requestCount.toLocaleString()}</dd>
    </dl>
  );
}

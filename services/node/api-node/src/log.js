/** Returns a function that writes one JSON object per line, a format that log collectors read without configuration. */
export function createLog(stream) {
  return (level, message, { error, ...fields } = {}) => {
    const line = { time: new Date().toISOString(), level, message, ...fields };
    if (error) line.error = describe(error);
    stream.write(`${JSON.stringify(line)}\n`);
  };
}

// The stack trace of an expected failure is noise.
function describe(error, expected = Boolean(error.code || error.cause)) {
  const { name, message, code, cause, errors } = error;
  return {
    name,
    message,
    code,
    // Connecting to a name with several addresses fails once for each, and the error itself then has no details.
    errors: errors?.map((each) => describe(each, true)),
    cause: cause && describe(cause, true),
    stack: expected ? undefined : error.stack,
  };
}

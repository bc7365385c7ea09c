/** Returns a function that writes one JSON object a line, which log collectors read without being told how. */
export function createLog(stream) {
  return (level, message, { error, ...fields } = {}) => {
    const line = { time: new Date().toISOString(), level, message, ...fields };
    if (error) line.error = describe(error);
    stream.write(`${JSON.stringify(line)}\n`);
  };
}

// Of failures that we expect, the place in our code is noise.
function describe(error, expected = Boolean(error.code || error.cause)) {
  const { name, message, code, cause, errors } = error;
  return {
    name,
    message,
    code,
    // A name with several addresses fails once for each, and the error itself then says nothing.
    errors: errors?.map((each) => describe(each, true)),
    cause: cause && describe(cause, true),
    stack: expected ? undefined : error.stack,
  };
}

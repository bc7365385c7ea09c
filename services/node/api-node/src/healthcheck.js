// Docker runs this inside the container, because the image has neither curl nor wget. It requests /ping, not /healthz:
// restarting this service does not repair a database.
try {
  const { ok } = await fetch(`http://127.0.0.1:${process.env.PORT || 3000}/ping`, { signal: AbortSignal.timeout(2_000) });
  process.exitCode = ok ? 0 : 1;
} catch {
  process.exitCode = 1;
}

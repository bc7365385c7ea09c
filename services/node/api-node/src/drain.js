/**
 * Prepares a server for an orderly end. The returned function stops accepting, lets the requests in flight finish,
 * and resolves once the last connection is closed.
 *
 * `server.close()` alone would wait for connections that were opened and never used, as browsers do in advance.
 */
export function drainable(server) {
  // The responses that each open connection is still owed. Several, if a client does not wait for one before the next.
  const connections = new Map();
  let draining = false;

  server.on('connection', (socket) => {
    connections.set(socket, new Set());
    socket.once('close', () => connections.delete(socket));
  });

  // First in line, so that the header is set before anybody sends the response.
  server.prependListener('request', (request, response) => {
    const { socket } = request;
    const owed = connections.get(socket) ?? new Set();
    owed.add(response);
    if (draining) announceEnd(response);
    response.once('close', () => {
      owed.delete(response);
      if (draining && owed.size === 0) socket.end();
    });
  });

  return () =>
    new Promise((resolve) => {
      draining = true;
      // Its only error is that the server was not listening, and then there is nothing to wait for.
      server.close(() => resolve());
      for (const [socket, owed] of connections) {
        if (owed.size === 0) socket.destroy();
        owed.forEach(announceEnd);
      }
    });
}

// Keeps the client from sending its next request into a connection that is about to close.
function announceEnd(response) {
  if (!response.headersSent) response.setHeader('Connection', 'close');
}

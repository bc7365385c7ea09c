/**
 * Prepares a server for a graceful shutdown. The returned function stops accepting connections, lets the requests in
 * flight finish, and resolves once the last connection is closed.
 *
 * `server.close()` alone would wait for connections that were opened but never used, such as browsers' preconnections.
 */
export function drainable(server) {
  // The pending responses of each open connection: several if a client pipelines its requests.
  const connections = new Map();
  let draining = false;

  server.on('connection', (socket) => {
    connections.set(socket, new Set());
    socket.once('close', () => connections.delete(socket));
  });

  // The first listener, so that the header is set before the response is sent.
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
      // The only possible error is that the server was not listening, and then there is nothing to wait for.
      server.close(() => resolve());
      for (const [socket, owed] of connections) {
        if (owed.size === 0) socket.destroy();
        owed.forEach(announceEnd);
      }
    });
}

// Keeps the client from sending its next request on a connection that is about to close.
function announceEnd(response) {
  if (!response.headersSent) response.setHeader('Connection', 'close');
}

// A backend that speaks WebSocket with the package `ws`: it echoes, and closes with the code that a message
// `close CODE` names. Prints its URL.
import { WebSocketServer } from 'ws';

const server = new WebSocketServer({
  host: '127.0.0.1',
  port: 0,
  handleProtocols: (offered) => (offered.has('realtime') ? 'realtime' : false),
});
server.on('listening', () => console.log(`http://127.0.0.1:${server.address().port}`));
server.on('connection', (socket) => {
  socket.on('error', () => {});
  socket.on('message', (data, isBinary) => {
    const close = isBinary ? null : /^close (\d+)$/.exec(data.toString());
    if (close) socket.close(Number(close[1]), 'as asked');
    else socket.send(data, { binary: isBinary });
  });
});

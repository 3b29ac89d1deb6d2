// A backend that takes a request and hangs up without a word, after as many milliseconds as it is told. Prints its URL.
import { createServer } from 'node:net';

const server = createServer((socket) => {
  socket.on('error', () => {});
  socket.once('data', () => setTimeout(() => socket.destroy(), Number(process.argv[2] ?? 0)));
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));

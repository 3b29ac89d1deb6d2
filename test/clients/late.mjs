// A backend that thinks for a while and then says, as an error of the API it was asked in, that it won't. Prints its URL.
import { createServer } from 'node:http';

const errors = {
  '/v1/messages': { type: 'error', error: { type: 'overloaded_error', message: 'Too much to do' } },
  other: { error: { message: 'Too much to do', type: 'server_error', param: null, code: 'busy' } },
};
const server = createServer((request, answer) => {
  request.resume().on('end', () =>
    setTimeout(() => {
      answer.writeHead(503, { 'Content-Type': 'application/json' });
      answer.end(JSON.stringify(errors[request.url] ?? errors.other));
    }, 1500),
  );
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));

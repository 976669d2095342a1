// The least that Node can do for an event, and so what cold starts are compared with. CommonJS: an `import` of node:http is slower.
const { createServer } = require('node:http')

createServer((request, response) => {
  request.resume().on('end', () => response.writeHead(204).end())
}).listen(Number(process.env.PORT), '127.0.0.1')

// A foreign server of resumable uploads: node server.mjs FOLDER. Says its port and serves until it is ended.
import { createServer } from 'node:http'
import { FileStore } from '@tus/file-store'
import { Server } from '@tus/server'

const tus = new Server({ path: '/files', datastore: new FileStore({ directory: process.argv[2] }) })
const server = createServer((request, answer) => tus.handle(request, answer))
server.listen(0, '127.0.0.1', () => console.log(server.address().port))

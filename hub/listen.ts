import type { Server } from 'node:net'

/** Listens on `port`, or with a word about it on any free one when that is taken. Answers with the port it got. 0 asks for any. */
export async function listen(server: Server, host: string, port: number, what: string, warn: (line: string) => void): Promise<number> {
  try {
    return await listenOn(server, host, port)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && (error.code === 'EADDRINUSE' || error.code === 'EACCES'))) throw error
    const other = await listenOn(server, host, 0)
    warn(`port ${port} for ${what} is in use by another program: using ${other}`)
    return other
  }
}

function listenOn(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}

import { contextBridge, ipcRenderer } from 'electron'
import type { FromScreen, ToScreen } from '#protocol/till-api/api.ts'
import { PORT_CHANNEL } from './port-channel.ts'

/** As much of the DOM's MessagePort as is needed here. */
type Port = { postMessage(text: string): void; onmessage: ((event: { readonly data: ToScreen }) => void) | null }

const port = new Promise<Port>((resolve) => {
  ipcRenderer.once(PORT_CHANNEL, (event) => {
    const [given] = event.ports as readonly Port[]
    if (given) resolve(given)
  })
})
ipcRenderer.send(PORT_CHANNEL)

/** All that the page gets. Commands travel as text, so that the main process sees their size before it reads them. */
contextBridge.exposeInMainWorld('stillpoint', {
  send(message: FromScreen): void {
    const text = JSON.stringify(message)
    void port.then((open) => open.postMessage(text))
  },
  /** One listener at a time; messages wait for the first. */
  onMessage(listener: (message: ToScreen) => void): () => void {
    const deliver = ({ data }: { readonly data: ToScreen }) => listener(data)
    void port.then((open) => {
      open.onmessage = deliver
    })
    return () =>
      void port.then((open) => {
        if (open.onmessage === deliver) open.onmessage = null
      })
  },
})

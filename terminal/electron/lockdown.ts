import type { Session, WebContents } from 'electron'
import { isPage } from './page.ts'

const REMOTE = ['http://*/*', 'https://*/*', 'ws://*/*', 'wss://*/*', 'ftp://*/*', 'file://*/*']

/** The camera, for the till's own page: it reads codes. Nothing else, not even where a page merely asks whether it would be allowed. */
export function allowOnlyTheCamera(session: Session): void {
  session.setPermissionCheckHandler(
    (_contents, permission, origin, details) => permission === 'media' && details.mediaType === 'video' && isPage(origin, 'till'),
  )
  session.setPermissionRequestHandler((_contents, permission, answer, details) => {
    const media = 'mediaTypes' in details ? (details.mediaTypes ?? []) : []
    answer(permission === 'media' && media.length > 0 && media.every((type) => type === 'video') && isPage(details.requestingUrl, 'till'))
  })
  session.setDevicePermissionHandler(() => false)
}

/** Whatever gets past the content security policy ends here. */
export function cutOffNetwork(session: Session): void {
  session.webRequest.onBeforeRequest({ urls: REMOTE }, (_details, answer) => answer({ cancel: true }))
}

/** One page, one window: no way to another address, another window or an embedded page. */
export function stayOnThePage(contents: WebContents, page: string): void {
  contents.on('will-frame-navigate', (event) => {
    if (event.url !== page || !event.isMainFrame) event.preventDefault()
  })
  // Electron asks nobody about `about:blank`.
  contents.on('did-navigate', (_event, url) => {
    if (url !== page) void contents.loadURL(page)
  })
  contents.on('will-redirect', (event) => event.preventDefault())
  contents.on('will-attach-webview', (event) => event.preventDefault())
  contents.setWindowOpenHandler(() => ({ action: 'deny' }))
}

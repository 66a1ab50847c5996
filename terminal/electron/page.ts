import { readFile } from 'node:fs/promises'
import { extname, join, sep } from 'node:path'
import type { Protocol, Session } from 'electron'

const SCHEME = 'stillpoint'
const HOST = 'till'
export const PAGE_URL = `${SCHEME}://${HOST}/index.html`

/** Everything comes from this folder and nothing is made at run time; the page speaks to the core only through the preload, so it connects to nothing. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "media-src 'self' blob: mediastream:",
  "connect-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ')

/** The worker that reads the camera's pictures runs WebAssembly; nothing else may, and it gets its file from the page's folder. */
const CAMERA_WORKER = /\/assets\/decode-worker-[\w-]+\.js$/
const CAMERA_WORKER_POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'"

const HEADERS = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
}

/**
 * Must run before the application is ready. A standard, secure scheme gives the page an origin of its own, which `file:` has not, and the camera. What may
 * be fetched, the policies say: only the camera's worker fetches anything.
 */
export function registerPageScheme(protocol: Protocol): void {
  protocol.registerSchemesAsPrivileged([{ scheme: SCHEME, privileges: { standard: true, secure: true, codeCache: true, supportFetchAPI: true } }])
}

export function isPage(url: string): boolean {
  return URL.canParse(url) && new URL(url).protocol === `${SCHEME}:` && new URL(url).host === HOST
}

/** Serves the built till page from `folder` (inside the package's archive) under `PAGE_URL`. */
export function servePage(session: Session, folder: string): void {
  session.protocol.handle(SCHEME, async (request) => {
    const file = fileOf(request.url, folder)
    const type = file === undefined ? undefined : CONTENT_TYPES[extname(file)]
    if (request.method !== 'GET' || file === undefined || type === undefined) return new Response(null, { status: 404, headers: HEADERS })
    try {
      const policy = CAMERA_WORKER.test(new URL(request.url).pathname) ? CAMERA_WORKER_POLICY : CONTENT_SECURITY_POLICY
      return new Response(await readFile(file), { headers: { ...HEADERS, 'content-security-policy': policy, 'content-type': type } })
    } catch {
      return new Response(null, { status: 404, headers: HEADERS })
    }
  })
}

/** Undefined for an address that is not below the page's folder. */
export function fileOf(url: string, folder: string): string | undefined {
  if (!isPage(url)) return undefined
  try {
    const file = join(folder, decodeURIComponent(new URL(url).pathname))
    return file.startsWith(folder + sep) ? file : undefined
  } catch {
    return undefined
  }
}

import { readFile } from 'node:fs/promises'
import { extname, join, sep } from 'node:path'
import type { Protocol, Session } from 'electron'

const SCHEME = 'stillpoint'
/** Each page has an origin of its own: neither can reach what the other keeps. */
const HOSTS = ['till', 'customer'] as const
export type PageHost = (typeof HOSTS)[number]
export const pageUrl = (host: PageHost): string => `${SCHEME}://${host}/index.html`

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

export function isPage(url: string, host: PageHost): boolean {
  return URL.canParse(url) && new URL(url).protocol === `${SCHEME}:` && new URL(url).host === host
}

/** Serves each built page from its folder (inside the package's archive) under its `pageUrl`. */
export function servePages(session: Session, folders: Readonly<Record<PageHost, string>>): void {
  session.protocol.handle(SCHEME, async (request) => {
    const host = HOSTS.find((one) => isPage(request.url, one))
    const file = host === undefined ? undefined : fileOf(request.url, host, folders[host])
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
export function fileOf(url: string, host: PageHost, folder: string): string | undefined {
  if (!isPage(url, host)) return undefined
  try {
    const file = join(folder, decodeURIComponent(new URL(url).pathname))
    return file.startsWith(folder + sep) ? file : undefined
  } catch {
    return undefined
  }
}

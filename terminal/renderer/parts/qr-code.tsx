import { useDeferredValue, useMemo } from 'react'
import { modulesOf, pathOf } from './qr-path.ts'

/** A QR code of one dark square a module, black on white in both colour schemes: phones read it best so. Its quiet zone is part of it. */
export function QrCode({ text, label }: { readonly text: string; readonly label: string }) {
  // The dearest thing on its screen: the sum and the words beside it do not wait for it, and meanwhile it is white, never another's code.
  const drawn = useDeferredValue(text, '')
  const { size, path } = useMemo(() => {
    if (drawn === '') return { size: 1, path: undefined }
    const modules = modulesOf(drawn)
    return { size: modules.length, path: pathOf(modules) }
  }, [drawn])
  return (
    <svg className="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shapeRendering="crispEdges">
      <rect width={size} height={size} fill="#fff" />
      {path !== undefined && drawn === text && <path d={path} fill="#000" />}
    </svg>
  )
}

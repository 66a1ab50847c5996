import { useMemo } from 'react'
import { modulesOf, pathOf } from './qr-path.ts'

/** A QR code of one dark square a module, black on white in both colour schemes: phones read it best so. Its quiet zone is part of it. */
export function QrCode({ text, label }: { readonly text: string; readonly label: string }) {
  const { size, path } = useMemo(() => {
    const modules = modulesOf(text)
    return { size: modules.length, path: pathOf(modules) }
  }, [text])
  return (
    <svg className="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shapeRendering="crispEdges">
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  )
}

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ParseOption, XmlDocument, XmlElement, XmlLibError, XsdValidator } from 'libxml2-wasm'
import { fail, ok, type Outcome } from '#protocol/outcome.ts'

/** Files of banks come from outside: bounded in every direction before anything is done with them. */
export const MAX_BYTES = 8 * 1024 * 1024
const MAX_DEPTH = 32
const MAX_ELEMENTS = 400_000

export const MESSAGES = ['pain.001.001.10', 'pain.002.001.11', 'camt.053.001.08'] as const
export type MessageName = (typeof MESSAGES)[number]

/** `text`: what stands directly in it, where it has no children. */
export type Xml = { readonly name: string; readonly text: string; readonly attributes: ReadonlyMap<string, string>; readonly children: readonly Xml[] }
export type BankMessage = { readonly message: MessageName; readonly root: Xml }

export type Schemas = ReadonlyMap<MessageName, XsdValidator>

/** The XSDs of a folder, as ISO 20022 names them. What is missing is named; nothing is taken from the network. */
export function openSchemas(folder: string): { readonly schemas: Schemas; readonly missing: readonly MessageName[] } {
  const found = MESSAGES.filter((message) => existsSync(join(folder, `${message}.xsd`)))
  const schemas = new Map(
    found.map((message) => {
      using document = XmlDocument.fromBuffer(readFileSync(join(folder, `${message}.xsd`)), { option: ParseOption.XML_PARSE_NONET })
      return [message, XsdValidator.fromDoc(document)]
    }),
  )
  return { schemas, missing: MESSAGES.filter((message) => !schemas.has(message)) }
}

/**
 * One message of ISO 20022 out of the bytes of a file: UTF-8 without a document type, of one of `MESSAGES`, valid against its schema if there is one. The detail of
 * `bank.malformed` says what is wrong, and never repeats more than a few characters of the file.
 */
export function readMessage(bytes: Uint8Array, schemas: Schemas): Outcome<BankMessage, 'bank.malformed'> {
  const text = textOf(bytes)
  if (!text.ok) return text
  try {
    using document = XmlDocument.fromString(text.value, { option: ParseOption.XML_PARSE_NONET | ParseOption.XML_PARSE_NOCDATA })
    const message = MESSAGES.find((name) => document.root.namespaceUri === `urn:iso:std:iso:20022:tech:xsd:${name}`)
    if (message === undefined || document.root.name !== 'Document') return malformed('it is no message that this hub reads')
    const root = treeOf(document.root)
    if (!root.ok) return root
    schemas.get(message)?.validate(document)
    return ok({ message, root: root.value })
  } catch (error) {
    if (error instanceof XmlLibError) return malformed(error.message.trim().slice(0, 200))
    throw error
  }
}

const malformed = (detail: string) => fail('bank.malformed', detail)

function textOf(bytes: Uint8Array): Outcome<string, 'bank.malformed'> {
  if (bytes.length > MAX_BYTES) return malformed(`it has more than ${MAX_BYTES} bytes`)
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return malformed('it is not UTF-8')
  }
  // Two bytes a letter: a parser would guess another encoding, and what is looked for below would not be seen.
  if (text.includes('\0')) return malformed('it is not UTF-8')
  const declared = /^<\?xml[^>]*\sencoding\s*=\s*["']([^"']*)["']/.exec(text)?.[1]
  if (declared !== undefined && declared.toUpperCase() !== 'UTF-8') return malformed('it says that it is not UTF-8')
  // Before any parser sees it: without a document type there are no entities to expand and no files to fetch.
  if (text.includes('<!DOCTYPE') || text.includes('<!ENTITY')) return malformed('it has a document type')
  return ok(text)
}

/** All elements have to be of the message's own namespace, or a signature or an extension would be read as part of it. */
function treeOf(root: XmlElement): Outcome<Xml, 'bank.malformed'> {
  let count = 0
  const namespace = root.namespaceUri
  const read = (element: XmlElement, depth: number): Xml => {
    if (++count > MAX_ELEMENTS || depth > MAX_DEPTH) throw new TooMuch('it has too many elements, or too deep ones')
    if (element.namespaceUri !== namespace) throw new TooMuch(`${element.name.slice(0, 40)} is of another namespace`)
    const children: Xml[] = []
    for (let child = element.firstChild; child !== null; child = child.next) if (child instanceof XmlElement) children.push(read(child, depth + 1))
    const attributes = new Map(element.attrs.map((attribute) => [attribute.name, attribute.value]))
    return { name: element.name, text: children.length === 0 ? element.content : '', attributes, children }
  }
  try {
    return ok(read(root, 1))
  } catch (error) {
    if (error instanceof TooMuch) return malformed(error.message)
    throw error
  }
}

class TooMuch extends Error {}

// ---------------------------------------------------------------- walking

export const childrenOf = (element: Xml | undefined, name: string): readonly Xml[] => element?.children.filter((child) => child.name === name) ?? []

/** Along a path such as `Acct/Id/IBAN`: the first of each name. */
export const at = (element: Xml | undefined, path: string): Xml | undefined =>
  path.split('/').reduce<Xml | undefined>((found, name) => found?.children.find((child) => child.name === name), element)

/** Its text without spaces around it; undefined where there is none. */
export function textAt(element: Xml | undefined, path: string): string | undefined {
  const text = at(element, path)?.text.trim()
  return text === '' ? undefined : text
}

// ---------------------------------------------------------------- writing

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
export const escapeXml = (text: string): string => text.replaceAll(/[&<>"]/g, (character) => ESCAPES[character] ?? character)

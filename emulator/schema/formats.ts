import { isIPv4, isIPv6 } from 'node:net'
import { NotImplementedError } from './field-error.ts'
import type { Schema } from './structural.ts'

const uuid = (version: string): RegExp => new RegExp(`^[0-9a-f]{8}-?[0-9a-f]{4}-?${version}[0-9a-f]{12}$`, 'i')
const shortName = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const matching =
  (pattern: RegExp) =>
  (text: string): boolean =>
    pattern.test(text)
const notBuilt = (format: string) => (): boolean => {
  throw new NotImplementedError(`the format ${format}`)
}

const validators: Readonly<Record<string, (text: string) => boolean>> = {
  uri: isRequestUri,
  email: isEmail,
  hostname: isHostname,
  ipv4: isIpv4,
  ipv6: (text) => isIPv6(text) && !text.includes('%'),
  cidr: isCidr,
  mac: matching(
    /^([0-9a-f]{2}([:-])([0-9a-f]{2}\2){4}[0-9a-f]{2}|[0-9a-f]{2}([:-])([0-9a-f]{2}\4){6}[0-9a-f]{2}|([0-9a-f]{4}\.){2}[0-9a-f]{4}|([0-9a-f]{4}\.){3}[0-9a-f]{4}|[0-9a-f]{2}([:-])([0-9a-f]{2}\8){18}[0-9a-f]{2}|([0-9a-f]{4}\.){9}[0-9a-f]{4})$/i,
  ),
  uuid: matching(uuid('[0-9a-f]{4}-?[0-9a-f]{4}-?')),
  uuid3: matching(uuid('3[0-9a-f]{3}-?[0-9a-f]{4}-?')),
  uuid4: matching(uuid('4[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?')),
  uuid5: matching(uuid('5[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?')),
  hexcolor: matching(/^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/),
  ssn: matching(/^\d{3}[- ]?\d{2}[- ]?\d{4}$/),
  byte: matching(/^(?:[A-Za-z0-9+\\/]{4})*(?:[A-Za-z0-9+\\/]{2}==|[A-Za-z0-9+\\/]{3}=|[A-Za-z0-9+\\/]{4})$/),
  password: () => true,
  date: isDate,
  duration: isDuration,
  datetime: isDateTime,
  bsonobjectid: notBuilt('bsonobjectid'),
  isbn: notBuilt('isbn'),
  isbn10: notBuilt('isbn10'),
  isbn13: notBuilt('isbn13'),
  creditcard: notBuilt('creditcard'),
  rgbcolor: notBuilt('rgbcolor'),
  k8sshortname: (text) => text.length <= 63 && new RegExp(`^${shortName}$`).test(text),
  k8slongname: (text) => text.length <= 253 && new RegExp(`^${shortName}(\\.${shortName})*$`).test(text),
}

const numeric: Readonly<Record<string, readonly string[]>> = {
  integer: ['int32', 'int64'],
  number: ['float', 'double'],
}

/** The format that has a meaning for the type of the schema; others are ignored. Pure. */
export function formatOf(schema: Schema): string | undefined {
  const { format, type } = schema
  if (!format) return undefined
  if (type === undefined || type === 'string' || schema['x-kubernetes-int-or-string'])
    return Object.hasOwn(validators, format.replaceAll('-', '')) ? format : undefined
  return numeric[type]?.includes(format) ? format : undefined
}

/** Whether a text is of a format that `formatOf` gave. Throws `NotImplementedError` for those not built. Pure. */
export function isOfFormat(format: string, text: string): boolean {
  return validators[format.replaceAll('-', '')]?.(text) ?? true
}

// Leading zeros are let pass, as in the Go of old.
function isIpv4(text: string): boolean {
  return /^\d+(\.\d+){3}$/.test(text) && isIPv4(text.replace(/\b0+(?=\d)/g, ''))
}

function isDate(text: string): boolean {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text)
  if (!parts) return false
  const [year = 0, month = 0, day = 0] = parts.slice(1).map(Number)
  if (month < 1 || month > 12 || day < 1) return false
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  return day <= ([31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0)
}

function isDateTime(text: string): boolean {
  const [date = '', time] = text.toLowerCase().split('t')
  if (text.length < 4 || time === undefined || !isDate(date)) return false
  const parts = /^([0-9]{2}):([0-9]{2}):([0-9]{2})(.[0-9]+)?(z|([+-][0-9]{2}:[0-9]{2}))$/.exec(time)
  const [, hours = '', minutes = '', seconds = ''] = parts ?? []
  return parts !== null && hours <= '23' && minutes <= '59' && seconds <= '59'
}

const units = /^(ns|nano|us|µs|micro|ms|milli|s|sec|m|min|h|hr|hour|d|day|w|wk|week)$/i

function isDuration(text: string): boolean {
  if (/^[+-]?(0|((\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h))+)$/.test(text)) return true
  const found = [...text.matchAll(/(\d+)\s*([A-Za-zµ]+)/g)]
  const unitOf = (unit: string): boolean => units.test(unit) || /^(nano|micro|milli|sec|min|hour|day|week)/i.test(unit)
  return found.some(([, , unit = '']) => unitOf(unit))
}

function isHostname(text: string): boolean {
  const pattern =
    /^([a-zA-Z0-9\p{S}\p{L}]((-?[a-zA-Z0-9\p{S}\p{L}]{0,62})?)|([a-zA-Z0-9\p{S}\p{L}](([a-zA-Z0-9\-\p{S}\p{L}]{0,61}[a-zA-Z0-9\p{S}\p{L}])?)(\.)){1,}([a-zA-Z\p{L}]){2,63})$/u
  const size = (part: string): number => Buffer.byteLength(part)
  return pattern.test(text) && size(text) <= 255 && text.split('.').every((part) => size(part) <= 63)
}

function isEmail(text: string): boolean {
  if (!text.includes('@')) return false
  if (/^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$/.test(text)) return !/^\.|\.\.|\.@/.test(text)
  if (/^@|@$|^[^<>"()[\]:;,\s]*@[^<>"()[\]:;,\s]*@[^<>"()[\]:;,\s]*$/.test(text)) return false
  throw new NotImplementedError(`the format email for other addresses than a@b.c, such as ${text}`)
}

function isCidr(text: string): boolean {
  const [address = '', length = '', more] = text.split('/')
  if (more !== undefined || !/^\d+$/.test(length) || length.length > 3) return false
  if (isIPv4(address)) return Number(length) <= 32
  return isIPv6(address) && !address.includes('%') && Number(length) <= 128
}

// net/url.ParseRequestURI: an absolute URI or a path.
function isRequestUri(text: string): boolean {
  if (text === '' || /\p{Cc}/u.test(text.replace(/[\u0080-\u009f]/g, ''))) return false
  if (/%(?![0-9A-Fa-f]{2})/.test(text.split('?')[0] ?? '')) return false
  if (text.startsWith('/') || text === '*') return !text.startsWith('//') || isAuthority(text.slice(2))
  const scheme = /^[a-zA-Z][a-zA-Z0-9+.-]*:(.*)$/s.exec(text)
  if (!scheme) return false
  const rest = scheme[1] ?? ''
  if (rest.startsWith('//')) return isAuthority(rest.slice(2))
  return rest.startsWith('/') || rest !== ''
}

function isAuthority(text: string): boolean {
  const authority = /^[^/?#]*/.exec(text)?.[0] ?? ''
  const host = authority.slice(authority.lastIndexOf('@') + 1)
  if (host.startsWith('[')) return /^\[[0-9a-fA-F:.%]+\](:\d*)?$/.test(host)
  return /^[^\s<>"\\^`{|}[\]:]*(:\d*)?$/.test(host)
}

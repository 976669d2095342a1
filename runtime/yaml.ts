/* A file of its own, for it is bundled apart: whoever configures nothing does not pay for reading it. */
export { parse } from 'yaml'

/** A media type with its parameters (RFC 9110 §8.3.1), and nothing that could end a header. */
const MIME_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:\s*;[\x20-\x7e]*)?$/;

/** Of a file about which nothing is known. */
export const UNKNOWN_TYPE = 'application/octet-stream';

export function isMimeType(value: unknown): value is string {
	return typeof value === 'string' && MIME_TYPE.test(value);
}

/** What evidence mostly comes as. */
const EXTENSIONS: ReadonlyMap<string, string> = new Map(
	Object.entries({
		'application/gzip': 'gz',
		'application/json': 'json',
		'application/msword': 'doc',
		'application/pdf': 'pdf',
		'application/rtf': 'rtf',
		'application/vnd.ms-excel': 'xls',
		'application/vnd.ms-outlook': 'msg',
		'application/vnd.ms-powerpoint': 'ppt',
		'application/vnd.oasis.opendocument.spreadsheet': 'ods',
		'application/vnd.oasis.opendocument.text': 'odt',
		'application/vnd.openxmlformats-officedocument.presentationml.presentation': 'pptx',
		'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
		'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'docx',
		'application/x-7z-compressed': '7z',
		'application/x-ndjson': 'ndjson',
		'application/x-pem-file': 'pem',
		'application/x-tar': 'tar',
		'application/xml': 'xml',
		'application/yaml': 'yaml',
		'application/zip': 'zip',
		'audio/mpeg': 'mp3',
		'image/gif': 'gif',
		'image/heic': 'heic',
		'image/jpeg': 'jpg',
		'image/png': 'png',
		'image/svg+xml': 'svg',
		'image/tiff': 'tiff',
		'image/webp': 'webp',
		'message/rfc822': 'eml',
		'text/calendar': 'ics',
		'text/csv': 'csv',
		'text/html': 'html',
		'text/markdown': 'md',
		'text/tab-separated-values': 'tsv',
		'text/xml': 'xml',
		'text/yaml': 'yaml',
		'video/mp4': 'mp4',
		'video/webm': 'webm',
	}),
);

/** The usual extension of files of a MIME type, without the dot; `bin` where none is known. */
export function extensionOf(mimeType: string): string {
	const type = mimeType.split(';', 1)[0]!.trim().toLowerCase();
	// Structured syntax suffixes, RFC 6839.
	const suffix = /\+(json|xml|zip)$/.exec(type)?.[1];
	return EXTENSIONS.get(type) ?? suffix ?? (type.startsWith('text/') ? 'txt' : 'bin');
}

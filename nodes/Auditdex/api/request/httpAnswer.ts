/** An HTTP answer as received: header names in lower case, the body not yet read as JSON. */
export interface HttpAnswer {
	status: number;
	headers: Readonly<Record<string, string | undefined>>;
	body: string;
}

/**
 * The JSON value of an answer's body, or undefined when it has none (a web page, nothing, or JSON
 * that was cut off).
 */
export function jsonOf(answer: HttpAnswer): unknown {
	try {
		return JSON.parse(answer.body);
	} catch {
		return undefined;
	}
}

/** Headers as an HTTP client has them, with their names in lower case. */
export function headersOf(headers: object = {}): HttpAnswer['headers'] {
	return Object.fromEntries(
		Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]),
	);
}

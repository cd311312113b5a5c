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

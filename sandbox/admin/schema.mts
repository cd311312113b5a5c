/** A body of just these members. */
export function body(properties: object, required: string[] = Object.keys(properties)): object {
	return { body: { type: 'object', properties, required, additionalProperties: false } };
}

/** No body, or an empty object. */
export const noBody = { body: { type: ['object', 'null'], additionalProperties: false } };

/** Query parameters of just these names. */
export function query(properties: object): object {
	return { querystring: { type: 'object', properties, additionalProperties: false } };
}

export const text = { type: 'string', minLength: 1, maxLength: 10_000 } as const;
export const flag = { type: 'boolean' } as const;
/** An id that can stand in a path. */
export const id = { type: 'string', pattern: '^[\\w.-]{1,100}$' } as const;

export function wholeNumber(minimum: number, maximum: number): object {
	return { type: 'integer', minimum, maximum };
}

export function oneOf(values: readonly string[]): object {
	return { type: 'string', enum: values };
}

export function listOf(items: object): object {
	return { type: 'array', items, maxItems: 1_000 };
}

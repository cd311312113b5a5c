import { NodeOperationError, type IDataObject, type IExecuteFunctions } from 'n8n-workflow';

import type { RequestSettings } from '../api/client';
import { requestOptions } from './requestOptions';

/** A date as n8n's expressions have it, such as `$now` (Luxon), or JavaScript's own. */
function isDate(value: unknown): value is { toJSON(): string } {
	return (
		typeof value === 'object' &&
		value !== null &&
		'toJSON' in value &&
		typeof value.toJSON === 'function' &&
		typeof value.toJSON() === 'string'
	);
}

/** Blanks, line breaks and invisible characters around a text, as copying from a page leaves them. */
const AROUND = /^[\s\p{Cf}]+|[\s\p{Cf}]+$/gu;

/** The parameters of one input item, checked as they are read, before anything is sent. */
export class ItemParameters {
	/** Read once, as n8n evaluates the expressions of all options each time. */
	private readOptions?: IDataObject;

	constructor(
		private readonly context: IExecuteFunctions,
		readonly itemIndex: number,
	) {}

	/** @throws NodeOperationError naming the field and the item */
	refuse(message: string, description?: string): never {
		throw new NodeOperationError(this.context.getNode(), `${message} [item ${this.itemIndex}]`, {
			itemIndex: this.itemIndex,
			description,
		});
	}

	/**
	 * The text of a parameter; '' where an expression yields nothing.
	 * @throws NodeOperationError when it yields what is no text, such as an object
	 */
	text(name: string, label: string): string {
		return this.asText(this.value(name), label);
	}

	/** What a parameter's expression yields, of whatever type; '' where it yields nothing. */
	value(name: string): unknown {
		return this.context.getNodeParameter(name, this.itemIndex, '', { extractValue: true });
	}

	/** The text of an option; undefined where the user hasn't added it. */
	optionText(name: string, label: string): string | undefined {
		const options = this.options();
		return name in options ? this.asText(options[name], label) : undefined;
	}

	/** @throws NodeOperationError when a value is no text, such as an object */
	asText(value: unknown, label: string): string {
		if (value === null || value === undefined) return '';
		if (typeof value === 'string') return value;
		if (typeof value === 'number' && Number.isFinite(value)) return String(value);
		if (isDate(value)) return value.toJSON();
		this.refuse(
			`'${label}' must be text`,
			'Its expression yields something else. Use one that yields text, e.g. with JSON.stringify() around an object.',
		);
	}

	/**
	 * An ID that goes into a URL's path, without the blanks around it (contract).
	 * @throws NodeOperationError when it is empty or could lead to another path
	 */
	id(name: string, label: string): string {
		const id = this.text(name, label).replace(AROUND, '');
		if (id === '') {
			this.refuse(
				`'${label}' is empty`,
				`Enter the ID in the field '${label}', or pick it from the list where there is one.`,
			);
		}
		if (/[\s/\\?#%]|\p{Cc}|\p{Cf}|\p{Surrogate}/u.test(id) || /^\.+$|\.\./.test(id)) {
			this.refuse(
				`'${label}' holds characters that an AUDITDEX ID can't have`,
				'Spaces, line breaks and invisible characters within it, “/”, “\\”, “?”, “#”, “%” and “..” are not allowed. Copy the ID from AUDITDEX, e.g. eng_xyz789 or ctrl_abc123.',
			);
		}
		return id;
	}

	private options(): IDataObject {
		this.readOptions ??= this.context.getNodeParameter(
			'options',
			this.itemIndex,
			{},
		) as IDataObject;
		return this.readOptions;
	}

	/** One of the numbers in `requestOptions`; its default where it isn't set. */
	requestOption(name: 'maxRetries' | 'maxWaitSeconds' | 'parallelRequests'): number {
		const option = requestOptions.find((property) => property.name === name)!;
		const value = this.options()[name] ?? option.default;
		return this.whole(value, option.displayName, option.typeOptions?.minValue ?? 0);
	}

	/** Whether an option is turned on. */
	optionFlag(name: string, label: string): boolean {
		return this.flag(this.options()[name], label);
	}

	/** @throws NodeOperationError unless the value is true or false, as such or in words, or left out */
	flag(value: unknown, label: string): boolean {
		switch (value) {
			case true:
			case 'true':
				return true;
			case undefined:
			case null:
			case '':
			case false:
			case 'false':
				return false;
			default:
				this.refuse(`'${label}' must be true or false`);
		}
	}

	/** @throws NodeOperationError unless the value is a whole number of at least `least` */
	whole(value: unknown, label: string, least: number): number {
		const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
		if (typeof number !== 'number' || !Number.isSafeInteger(number) || number < least) {
			this.refuse(`'${label}' must be a whole number of at least ${least}`);
		}
		return number;
	}

	requestSettings(): RequestSettings {
		return {
			maxRetries: this.requestOption('maxRetries'),
			maxWaitSeconds: this.requestOption('maxWaitSeconds'),
		};
	}
}

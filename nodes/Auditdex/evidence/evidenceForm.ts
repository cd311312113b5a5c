import type { RequestBody } from '../api/request/transport';
import type { EvidenceFile } from './evidenceFile';
import { HashingFile } from './hashingFile';

/** The multipart form of "Submit Evidence" (API page), which can be sent as often as needed. */
export class EvidenceForm implements RequestBody {
	private sending: HashingFile | undefined;

	constructor(
		private readonly file: EvidenceFile,
		private readonly controlId: string,
		private readonly description: string,
	) {}

	/** SHA-256 in hex of the bytes that left in the latest attempt; undefined when not all did. */
	get sentSha256(): string | undefined {
		return this.sending?.sentSha256;
	}

	form(onProgress: () => void): FormData {
		this.sending = new HashingFile(this.file, onProgress);
		const form = new FormData();
		form.append('control_id', this.controlId);
		if (this.description !== '') form.append('description', this.description);
		form.append('file', this.sending);
		return form;
	}

	mayBeComplete(): boolean {
		return this.sentSha256 !== undefined;
	}

	abandon(): void {
		this.sending?.abandon();
	}
}

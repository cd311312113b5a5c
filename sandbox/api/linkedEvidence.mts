import type { Settings } from '../options.mts';
import type { Evidence } from '../store/store.mts';
import { presentEvidence } from './evidence.mts';

/** A control's members about its evidence, in the view chosen. */
export function presentLinkedEvidence(linked: Evidence[], settings: Settings): object {
	const whole = linked.map((evidence) => presentEvidence(evidence, settings));
	switch (settings.evidenceView) {
		case 'full':
			return { evidence: whole };
		case 'digest':
			return { evidence: linked.map(withDigest) };
		case 'nested':
			return { testing: { procedures: { results: { linked: whole } } } };
		case 'no-hashes':
			return { evidence: linked.map(({ sha256: _hash, ...evidence }) => evidence) };
		case 'no-times':
			return { evidence: whole.map(({ submitted_at: _time, ...evidence }) => evidence) };
		case 'ids':
			return { evidence: linked.map(({ id }) => id) };
		case 'latest':
			return { evidence_count: linked.length, latest_evidence: whole.at(-1) ?? null };
		case 'none':
			return {};
	}
}

/** With the hash as RFC 9530 writes it. */
function withDigest({ sha256, ...evidence }: Evidence): object {
	const digest = Buffer.from(sha256, 'hex').toString('base64');
	return { ...evidence, digest: `sha-256=:${digest}:` };
}

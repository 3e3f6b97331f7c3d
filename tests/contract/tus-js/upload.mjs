// tus-js-client uploads one object. It is told what to do on standard input, and says what happened on standard output.
// Proofs are made by the npm package jose, a third implementation beside joserfc and jwcrypto.
import { readFileSync } from "node:fs";
import { createHash, randomUUID } from "node:crypto";
import { importJWK, SignJWT } from "jose";
import { Upload } from "tus-js-client";

const task = JSON.parse(readFileSync(0, "utf8"));
const key = await importJWK(task.jwk, "ES256");
const { kty, crv, x, y } = task.jwk;
const ath = createHash("sha256").update(task.token).digest("base64url");
let nonce = task.nonce;
const seen = [];

async function prove(request) {
  const claims = { htm: request.getMethod(), htu: request.getURL(), jti: randomUUID(), ath, nonce };
  const proof = new SignJWT(claims).setIssuedAt().setProtectedHeader({ alg: "ES256", typ: "dpop+jwt", jwk: { kty, crv, x, y } });
  request.setHeader("Authorization", `DPoP ${task.token}`);
  request.setHeader("DPoP", await proof.sign(key));
}

function note(request, response) {
  nonce = response.getHeader("DPoP-Nonce") ?? nonce;
  seen.push([request.getMethod(), response.getStatus(), Number(response.getHeader("Upload-Offset") ?? -1)]);
}

const file = readFileSync(task.file);

function run(options, stopAfter) {
  return new Promise((done, fail) => {
    const upload = new Upload(file, {
      endpoint: `${task.origin}/v1/uploads`,
      metadata: { object: task.object },
      chunkSize: task.chunk,
      retryDelays: null,
      storeFingerprintForResuming: false,
      onBeforeRequest: prove,
      onAfterResponse: note,
      onError: fail,
      onSuccess: () => done(upload.url),
      onChunkComplete: (size, accepted) => {
        if (accepted >= stopAfter) upload.abort().then(() => done(upload.url), fail);
      },
      ...options,
    });
    upload.start();
  });
}

try {
  let url;
  if (task.stopAfter) url = await run({}, task.stopAfter);
  await run(task.createAgain || !url ? { uploadDataDuringCreation: task.withCreation } : { uploadUrl: url }, Infinity);
  console.log(JSON.stringify({ seen }));
} catch (error) {
  console.log(JSON.stringify({ seen, error: String(error) }));
  process.exitCode = 1;
}

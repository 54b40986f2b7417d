// Passkeys: asks the browser for one, or to make one, and sends its answer with the form. Codes do without.
"use strict";

const toBytes = (text) => {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (sign) => sign.charCodeAt(0));
};
const toText = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const withBytes = (list) => (list || []).map((one) => ({ ...one, id: toBytes(one.id) }));

const make = async (options) => {
  const made = await navigator.credentials.create({ publicKey: {
    ...options,
    challenge: toBytes(options.challenge),
    user: { ...options.user, id: toBytes(options.user.id) },
    excludeCredentials: withBytes(options.excludeCredentials),
  } });
  return [made, {
    attestationObject: toText(made.response.attestationObject),
    transports: made.response.getTransports?.() || [],
  }];
};

const show = async (options) => {
  const shown = await navigator.credentials.get({ publicKey: {
    ...options,
    challenge: toBytes(options.challenge),
    allowCredentials: withBytes(options.allowCredentials),
  } });
  return [shown, {
    authenticatorData: toText(shown.response.authenticatorData),
    signature: toText(shown.response.signature),
    userHandle: shown.response.userHandle ? toText(shown.response.userHandle) : null,
  }];
};

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential) {
    form.hidden = true;
    continue;
  }
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const problem = form.querySelector("[role=alert]");
    problem.hidden = true;
    try {
      const token = new URLSearchParams({ form_token: form.elements.form_token.value });
      const answer = await fetch(form.dataset.options, { method: "POST", body: token, credentials: "same-origin" });
      if (answer.redirected) {
        location.assign(answer.url);
        return;
      }
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      const [credential, said] = await (form.dataset.passkey === "create" ? make : show)(await answer.json());
      form.elements.credential.value = JSON.stringify({
        id: credential.id,
        rawId: toText(credential.rawId),
        type: credential.type,
        authenticatorAttachment: credential.authenticatorAttachment,
        clientExtensionResults: {},
        response: { clientDataJSON: toText(credential.response.clientDataJSON), ...said },
      });
      form.submit();
    } catch {
      problem.textContent = form.dataset.failed;
      problem.hidden = false;
    }
  });
}

import { BASE, Problem, problemDocument, UNREACHABLE } from "./client";

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
};

/** Send a form with files in it; `onShare` hears how much of it is on its way, 0 to 1. Rejects with a `Problem`. */
export function upload<T>(path: string, form: FormData, onShare: (share: number) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    // `fetch` does not tell how far a body is.
    const asking = new XMLHttpRequest();
    asking.open("POST", BASE + path);
    asking.upload.onprogress = ({ lengthComputable, loaded, total }) => {
      if (lengthComputable) onShare(loaded / Math.max(1, total));
    };
    asking.onerror = () => reject(new Problem(UNREACHABLE));
    asking.onload = () => {
      const answer = parsed(asking.responseText);
      if (asking.status < 300) resolve(answer as T);
      else reject(new Problem(problemDocument(asking.status, asking.statusText, answer)));
    };
    asking.send(form);
  });
}

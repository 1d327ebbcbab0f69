import { useEffect, useEffectEvent } from "react";

/** Calls back before each repaint, with the page's clock in µs. Nothing is rendered by it. */
export function useFrame(callback: (nowUs: number) => void): void {
  const call = useEffectEvent(callback);
  useEffect(() => {
    let id = 0;
    const turn = () => {
      call(performance.now() * 1000);
      id = requestAnimationFrame(turn);
    };
    id = requestAnimationFrame(turn);
    return () => cancelAnimationFrame(id);
  }, []);
}

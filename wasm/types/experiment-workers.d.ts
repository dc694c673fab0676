export * from "./experiments.ts";

import java.util.Map;
import okhttp3.MediaType;
import okhttp3.MultipartBody;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;

/** Calls of OkHttp, as a program does that has no SDK. */
final class OkhttpCalls {
    private static final OkHttpClient CLIENT = new OkHttpClient();

    private static String post(String url, RequestBody body) throws Exception {
        Request request = new Request.Builder().url(url).post(body).build();
        try (Response response = CLIENT.newCall(request).execute()) {
            return Jobs.judged(response.code(), response.body().string());
        }
    }

    private static RequestBody json(String model, String text, boolean stream) {
        return RequestBody.create(MediaType.get("application/json; charset=utf-8"), Jobs.body(model, text, stream));
    }

    private static RequestBody form(String model) {
        RequestBody sound = RequestBody.create(MediaType.get("audio/wav"), "RIFF");
        return new MultipartBody.Builder().setType(MultipartBody.FORM)
            .addFormDataPart("model", model).addFormDataPart("file", "a.wav", sound).build();
    }

    public static void main(String[] arguments) throws Exception {
        Jobs.serve(Map.of(
            "responses", (b, m, t) -> post(b + "/v1/responses", json(m, t, false)),
            "responses-stream", (b, m, t) -> post(b + "/v1/responses", json(m, t, true)),
            "transcriptions", (b, m, t) -> post(b + "/v1/audio/transcriptions", form(m))));
        System.exit(0);
    }
}
